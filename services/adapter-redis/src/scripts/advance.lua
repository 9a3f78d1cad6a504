-- KEYS: positions. ARGV: for each position its field, where it is expected ('' for nowhere) and where it is to be.
-- Gives nothing, or else the number (from 1) of the one that is elsewhere, and where it is ('' for nowhere).
-- A server that was started anew may have forgotten anything: what was noted under another is worth nothing.
local server = redis.call('INFO', 'server'):match('run_id:(%w+)') or ''
if redis.call('HGET', KEYS[1], 'server') ~= server then
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[1], 'server', server)
end
for i = 1, #ARGV, 3 do
    local found = redis.call('HGET', KEYS[1], ARGV[i]) or ''
    if found ~= ARGV[i + 1] and found ~= ARGV[i + 2] then
        return {(i + 2) / 3, found}
    end
end
for i = 1, #ARGV, 3 do
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
end
return nil
