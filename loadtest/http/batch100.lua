-- A hundred scores a request. Usage:
--   LAUREL_KEY=lrl_live_… wrk -t1 -c16 -d10s -s batch100.lua http://127.0.0.1:8080/v1/scores/update
-- Scores a second are a hundred times wrk's requests a second. Bodies are made beforehand, since making them would cost
-- the client more than sending them. LAUREL_BOARD and LAUREL_USERS as in single.lua.
local key = os.getenv("LAUREL_KEY") or ""
local board = os.getenv("LAUREL_BOARD") or "bench"
local users = tonumber(os.getenv("LAUREL_USERS") or "1000000")
local requests = {}
local index = 0

function init(args)
    math.randomseed(tonumber(os.getenv("LAUREL_SEED") or "1"))
    local headers = { ["Content-Type"] = "application/json", ["X-Api-Key"] = key }
    for i = 1, 500 do
        local updates = {}
        for j = 1, 100 do
            updates[j] = string.format(
                '{"leaderboard":"%s","user":"player-%08d","score":%d}', board, math.random(users),
                math.random(1000000))
        end
        requests[i] = wrk.format("POST", nil, headers, '{"updates":[' .. table.concat(updates, ",") .. "]}")
    end
end

function request()
    index = index % #requests + 1
    return requests[index]
end
