#!/bin/sh
# Runs a program of Wine, without the variables of the build and of the desktop. On Windows a user's
# files are private; Wine makes their access lists from the modes.
umask 077
unset LD_LIBRARY_PATH RUSTC RUSTDOC RUSTC_BOOTSTRAP RUSTC_WORKSPACE_WRAPPER
unset DISPLAY WAYLAND_DISPLAY LATCHKEY_LOG
exec "$@"
