# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# clang-format's dry run; the first place in each file.

tr '\n' '\0' <"$CHECK_LISTS/code" |
    { xargs -0 -r -P 2 -n 32 clang-format --dry-run -ferror-limit=1 2>&1 || [ $? -eq 123 ]; } |
    sed -nE 's/^([^:]+:[0-9]+):[0-9]+: (warning|error): .*clang-format-violations.*$/\1: not formatted; clang-format -i does it [format]/p'
