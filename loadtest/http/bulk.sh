#!/bin/sh
# Uploads N scores (default 2,000,000) as one NDJSON body and prints scores a second.
# Usage: LAUREL_KEY=lrl_live_… ./bulk.sh [N] [http://127.0.0.1:8080]
set -eu
count=${1:-2000000}
server=${2:-http://127.0.0.1:8080}
board=${LAUREL_BOARD:-bench}
file=$(mktemp)
trap 'rm -f "$file"' EXIT
awk -v n="$count" -v board="$board" 'BEGIN { srand(1); for (i = 0; i < n; i++)
    printf "{\"leaderboard\":\"%s\",\"user\":\"player-%08d\",\"score\":%d}\n", board, rand() * 1000000, rand() * 1000000 }' \
    > "$file"
start=$(date +%s.%N)
curl -sS -X POST -T "$file" -H "X-Api-Key: $LAUREL_KEY" -H 'Content-Type: application/x-ndjson' \
    "$server/v1/scores/bulk" | cut -c1-200
end=$(date +%s.%N)
echo
awk -v n="$count" -v a="$start" -v b="$end" 'BEGIN { printf "%.0f scores/s\n", n / (b - a) }'
