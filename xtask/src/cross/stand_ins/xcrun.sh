#!/bin/sh
# Xcode's finder of tools and headers, where only types are checked: everything is in SDKROOT.
echo "$SDKROOT"
