#!/bin/sh
# The archiver, where only types are checked: makes an empty archive.
for argument do
    case $argument in
    *.a) printf '!<arch>\n' >"$argument"; exit 0 ;;
    esac
done
