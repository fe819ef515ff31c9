# Builds the image of deploy/Containerfile and runs it, in a store of images of its own. Run by bash
# as root, from the root of the repository. The arguments: a folder, the archive of a small Debian,
# a program of the server that is built already, and the folder of the packages that are in the base
# image.
set -eu
folder=$1 debian=$2 program=$3 packages=$4
image=localhost/latchkey-server-trial
store=(--storage-driver vfs --root "$folder/store" --runroot "$folder/run")
container=latchkey-server-trial

say() { echo "      $*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
build() { buildah "${store[@]}" "$@"; }
# The limits that a container gets must not be over this machine's own.
runtime=crun
engine() { podman "${store[@]}" --cgroup-manager cgroupfs --runtime "$runtime" --log-level fatal "$@"; }
options=(--read-only --cap-drop all --security-opt no-new-privileges --ulimit nofile=16384:16384
    --ulimit nproc=1024:1024 --network none --volume "$container:/data" --env LATCHKEY_PUBLIC_URL=http://localhost:5468)
# one COMMAND...: what a command of the image prints.
one() { engine run --rm --interactive --no-healthcheck "${options[@]}" "$image" "$@"; }
cleanup() {
    engine rm --force --volumes "$container" > /dev/null 2>&1 || true
    engine volume rm --force "$container" > /dev/null 2>&1 || true
    build rmi --all --force > /dev/null 2>&1 || true
}
trap cleanup EXIT

# stand_in NAME: makes an image of that name, if the registry cannot be reached.
stand_in() {
    timeout 60 buildah "${store[@]}" pull --quiet "$1" > /dev/null 2>&1 && say "$1: from its registry" && return
    made=$(build from scratch)
    case $1 in
        */rust:*)
            # Without a registry there is no compiler either: the step that compiles copies the
            # program that this machine has built of the same sources.
            printf '#!/bin/sh\nmkdir -p target/release && cp /latchkey-server target/release/\n' > "$folder/cargo"
            chmod 755 "$folder/cargo"
            build add --quiet "$made" "$debian" / > /dev/null
            build copy --quiet "$made" "$folder/cargo" /usr/local/bin/cargo > /dev/null
            build copy --quiet "$made" "$program" /latchkey-server > /dev/null
            say "$1: NOT REACHED, in its place a Debian whose cargo copies the program of this machine"
            ;;
        *)
            build add --quiet "$made" "$packages" / > /dev/null
            say "$1: NOT REACHED, in its place the packages that it is made of"
            ;;
    esac
    build commit --quiet "$made" "$1" > /dev/null
    build rm "$made" > /dev/null
}

echo "    base images"
while read -r word name _; do
    if [ "$word" = FROM ]; then stand_in "$name"; fi
done < deploy/Containerfile

echo "    built"
build bud --isolation chroot --pull-never --format docker --file deploy/Containerfile --tag "$image" . \
    > "$folder/build.log" 2>&1 || { tail -n 20 "$folder/build.log"; fail "the image is not built"; }
user=$(engine image inspect "$image" --format '{{.Config.User}}')
[ "$user" = 65532:65532 ] || fail "the image runs as $user"
made=$(build from --pull-never "$image")
root=$(build mount "$made")
[ -z "$(find "$root" -xdev -name sh -o -name bash)" ] || fail "the image has a shell"
[ -z "$(find "$root" -xdev -name '*.key')" ] || fail "the image has a key"
[ ! -e "$root/src" ] || fail "the image has the sources"
# Outside of /data, its user can change nothing but the folders for temporary files.
writable=$(find "$root" -xdev \( -uid 65532 -o -perm -002 \) ! -type l ! -path "$root/data*" ! -path "$root/tmp" \
    ! -path "$root/var/tmp" ! -path "$root/var/lock" ! -path "$root/run/lock" ! -path "$root/home/nonroot*" -print)
[ -z "$writable" ] || fail "its user may write $writable"
build rm "$made" > /dev/null
say "user $user, no shell, no key, nothing to write but /data"

echo "    run, with a read-only root and no capability"
# crun does not know every arrangement of control groups.
one --version > "$folder/version" 2> "$folder/crun" || runtime=runc
one --version > "$folder/version" || { cat "$folder/crun"; fail "podman runs no container here"; }
say "$(cat "$folder/version"), by $runtime"
one keys generate > /dev/null
one user add trial --password-stdin --create <<< 'a password for one trial' > /dev/null
one health 2> /dev/null && fail "a server that does not run is healthy"
one --keys /usr/keys keys generate 2> "$folder/refused" && fail "it can write outside of /data"
grep -qi 'read-only' "$folder/refused" || fail "its root is not read-only: $(cat "$folder/refused")"
start() {
    engine run --detach --name "$container" --no-healthcheck "${options[@]}" "$image" > /dev/null
    for _ in $(seq 100); do
        engine exec "$container" /usr/bin/latchkey-server health > /dev/null 2>&1 && return
        sleep 0.1
    done
    engine logs "$container"
    fail "the server does not become healthy"
}
sign_in() {
    # From the container's own network, by a program of this machine.
    # shellcheck disable=SC2016
    response=$(nsenter --net --target "$(engine inspect "$container" --format '{{.State.Pid}}')" bash -c '
        exec 3<> /dev/tcp/127.0.0.1/5468
        body="{\"username\":\"trial\",\"password\":\"a password for one trial\"}"
        printf "POST /api/auth HTTP/1.1\r\nhost: a\r\nx-client: trial\r\ncontent-type: application/json\r\n" >&3
        printf "connection: close\r\ncontent-length: %s\r\n\r\n%s" "${#body}" "$body" >&3
        cat <&3')
    grep -q '^HTTP/1.1 200' <<< "$response" || fail "no sign-in: $response"
}
start
check=$(engine image inspect "$image" --format '{{json .HealthCheck.Test}}')
[ "$check" = '["CMD","/usr/bin/latchkey-server","health"]' ] || fail "the health check is $check"
sign_in
say "healthy by its own check, signed in"
engine stop --time 20 "$container" > /dev/null
code=$(engine inspect "$container" --format '{{.State.ExitCode}}')
[ "$code" = 0 ] || fail "it ended with $code"
engine rm "$container" > /dev/null
start
sign_in
engine stop --time 20 "$container" > /dev/null
say "stopped in order; the next container has its keys and accounts"
