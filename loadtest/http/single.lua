-- One score a request. Usage:
--   LAUREL_KEY=lrl_live_… wrk -t1 -c128 -d10s -s single.lua http://127.0.0.1:8080/v1/scores/update
-- LAUREL_BOARD (default bench) must exist and have one column. LAUREL_USERS (default 1000000) is how many users there are,
-- LAUREL_PREFIX (default player-) what their names begin with, as it stands in JSON.
local key = os.getenv("LAUREL_KEY") or ""
local board = os.getenv("LAUREL_BOARD") or "bench"
local users = tonumber(os.getenv("LAUREL_USERS") or "1000000")
local prefix = os.getenv("LAUREL_PREFIX") or "player-"
local headers = { ["Content-Type"] = "application/json", ["X-Api-Key"] = key }

function init(args)
    math.randomseed(tonumber(os.getenv("LAUREL_SEED") or "1"))
end

function request()
    local body = string.format(
        '{"leaderboard":"%s","user":"%s%08d","score":%d}', board, prefix, math.random(users), math.random(1000000))
    return wrk.format("POST", nil, headers, body)
end

local wrong = 0
function response(status)
    if status ~= 200 then
        wrong = wrong + 1
        if wrong == 1 then print("first answer that is not 200: " .. status) end
    end
end
