#!/bin/sh
# Apple's compiler, where only types are checked: names itself, and makes an empty file for `-o`.
for argument do
    case $argument in
    --version | -v) echo "Apple clang version 16.0.0 (clang-1600.0.26.3)"; exit 0 ;;
    -E) echo "clang"; exit 0 ;;
    esac
done
while [ $# -gt 0 ]; do
    [ "$1" != -o ] || : >"$2"
    shift
done
