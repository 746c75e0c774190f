#!/bin/bash
# One redis-cli watches a key while another changes it. Prints each reply, and an empty line for none.
#
#     watch.sh PORT KEY PROTOCOL
set -euo pipefail

cli() { redis-cli -p "$1" -a "$2" --no-auth-warning "-$3" "${@:4}"; }

coproc watching { cli "$@"; }
ask() {
    echo "$@" >&"${watching[1]}"
    read -r -t 60 -u "${watching[0]}" line
    echo "$line"
}

ask ZADD '{w}a' 1 ann
ask WATCH '{w}a'
cli "$@" ZADD '{w}a' 9 bob
ask MULTI
ask ZADD '{w}b' 1 ann
ask EXEC
cli "$@" EXISTS '{w}b'
kill "$watching_PID"
