# The trial of the server's package, in a root of its own: installed, used by hand as
# docs/operating.md says, updated, removed, purged. Run by bash in that root, which has no systemd.
# The arguments are the package, and the same with a higher version.
set -eu
package=$1 newer=$2
port=15468
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

say() { echo "      $*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
expect() { [ "$2" = "$3" ] || fail "$1: expected '$3', got '$2'"; }
# What an installation may leave: dpkg's own records, and copies that useradd makes.
files() {
    find / -xdev \( -path /proc -o -path /var/lib/dpkg -o -path /var/log -o -path /trial \) -prune -o -print |
        grep -v -x '/etc/[a-z]*-' | sort
}
mode() { stat -c '%a %U:%G' "$1"; }
# The server as its own user, from its own folder, with the package's settings.
as_latchkey=(setpriv --reuid=latchkey --regid=latchkey --clear-groups
    latchkey-server --config /etc/latchkey/server.toml --keys /etc/latchkey/keys)
server() { (cd /var/lib/latchkey && "${as_latchkey[@]}" "$@"); }
# start [LISTEN]: waits until the server says where it listens.
start() {
    mkfifo /trial/ready
    (cd /var/lib/latchkey && exec "${as_latchkey[@]}" serve "$@") > /trial/ready 2>> /trial/log &
    pid=$!
    read -r line < /trial/ready || { cat /trial/log; fail "the server does not start"; }
    rm /trial/ready
    say "$line"
}
stop() {
    kill -TERM "$pid"
    wait "$pid" || fail "the server ended with $?"
    tail -n 1 /trial/log | grep -q stopped || fail "the server did not stop in order"
}
# http METHOD PATH BODY HEADER...: the response. The minimal system has no program for this.
http() {
    method=$1 path=$2 body=$3
    shift 3
    exec 3<> "/dev/tcp/127.0.0.1/$port"
    printf '%s %s HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: %s\r\n' \
        "$method" "$path" "${#body}" >&3
    printf '%s\r\n' "$@" >&3
    printf '\r\n%s' "$body" >&3
    cat <&3
    exec 3>&-
}
sign_in() {
    response=$(http POST /api/auth '{"username":"trial","password":"a password for one trial"}' \
        'x-client: trial' 'content-type: application/json')
    grep -q '^HTTP/1.1 200' <<< "$response" || fail "no sign-in: $response"
    token=$(grep -o '"token":"[^"]*"' <<< "$response" | cut -d '"' -f 4)
    hello=$(http GET / '' 'x-client: trial' "authorization: Bearer $token")
    grep -q 'Hello World!' <<< "$hello" || fail "the token is refused: $hello"
    http GET / '' 'x-client: trial' | grep -q '^HTTP/1.1 401' || fail "a request without a token is not refused"
}

echo "    installed and purged, never used"
files > /trial/before
dpkg --install "$package" > /trial/dpkg
dpkg --purge latchkey-server >> /trial/dpkg
files > /trial/after
diff /trial/before /trial/after || fail "this is left"
getent passwd latchkey && fail "the user is left"
getent group latchkey && fail "the group is left"
say "nothing is left"

echo "    installed"
dpkg --install "$package" > /trial/dpkg
grep -q 'make the keys' /trial/dpkg || fail "the next step is not said"
[ -z "$(dpkg --audit)" ] || fail "dpkg is not content"
say "$(latchkey-server --version), $(dpkg-query --showformat '${Version}, ${Installed-Size} KB' --show latchkey-server)"
expect "the folder of the data" "$(mode /var/lib/latchkey)" "700 latchkey:latchkey"
expect "the settings" "$(mode /etc/latchkey/server.toml)" "644 root:root"
expect "the shell of the user" "$(getent passwd latchkey | cut -d : -f 7)" /usr/sbin/nologin
gzip --test /usr/share/man/man1/latchkey-server*.1.gz
pages=(/usr/share/man/man1/latchkey-server*.1.gz)
say "${#pages[@]} manual pages"
bash -c '. /usr/share/bash-completion/completions/latchkey-server; complete -p latchkey-server' > /trial/complete
grep -q 'latchkey-server$' /trial/complete || fail "no completions"
[ ! -e /etc/systemd/system/multi-user.target.wants/latchkey-server.service ] || fail "the service is enabled"

echo "    set up by hand, as the guide says"
latchkey-server --keys /etc/latchkey/keys keys generate > /trial/keys
chown latchkey: /etc/latchkey/keys/seal.key
expect "the private key" "$(mode /etc/latchkey/keys/auth-private.key)" "600 root:root"
# The unit hands a copy of it to the service (LoadCredential); here there is no unit.
chown latchkey: /etc/latchkey/keys/auth-private.key
sed -i 's|^#public_url = .*|public_url = "http://localhost:15468"|' /etc/latchkey/server.toml
server config check > /trial/check
server migrate > /trial/migrate
server user add trial --password-stdin <<< 'a password for one trial' > /trial/user
say "keys, settings, database, an account"

echo "    used"
start --listen "127.0.0.1:$port"
LATCHKEY_LISTEN=127.0.0.1:$port server health > /trial/health
sign_in
say "signed in over HTTP"
stop
install --directory --owner=latchkey --group=latchkey /run/latchkey
start --listen unix:/run/latchkey/server.sock
expect "the socket" "$(mode /run/latchkey/server.sock)" "660 latchkey:latchkey"
LATCHKEY_LISTEN=unix:/run/latchkey/server.sock server health > /trial/health
stop
[ ! -e /run/latchkey/server.sock ] || fail "the socket is left"
rmdir /run/latchkey

for version in "$package" "$newer"; do
    echo "    installed over itself: $(dpkg-deb --field "$version" Version)"
    before=$(md5sum /etc/latchkey/keys/* /etc/latchkey/server.toml)
    dpkg --install "$version" > /trial/dpkg < /dev/null
    expect "keys and settings" "$(md5sum /etc/latchkey/keys/* /etc/latchkey/server.toml)" "$before"
    start --listen "127.0.0.1:$port"
    sign_in
    stop
    say "the account of before signs in"
done

echo "    removed"
dpkg --remove latchkey-server > /trial/dpkg
[ ! -e /usr/bin/latchkey-server ] || fail "the program is still there"
for file in /etc/latchkey/server.toml /etc/latchkey/keys/auth-private.key /var/lib/latchkey/data/latchkey.db; do
    [ -e "$file" ] || fail "$file is gone"
done
dpkg --install "$newer" > /trial/dpkg < /dev/null
start --listen "127.0.0.1:$port"
sign_in
stop
say "settings, keys and accounts stay, and are used by the next installation"

echo "    purged"
dpkg --purge latchkey-server > /trial/dpkg
grep -q 'remove them yourself' /trial/dpkg || fail "it is not said what stays"
[ ! -e /etc/latchkey/server.toml ] || fail "the settings are left"
for file in /etc/latchkey/keys/auth-private.key /var/lib/latchkey/data/latchkey.db; do
    [ -e "$file" ] || fail "$file is gone"
done
expect "the owner of the data" "$(mode /var/lib/latchkey/data/latchkey.db)" "600 latchkey:latchkey"
rm -r /etc/latchkey /var/lib/latchkey
userdel latchkey
files > /trial/after
diff /trial/before /trial/after || fail "this is left"
say "the settings are gone; keys and accounts stay, and nothing else"
