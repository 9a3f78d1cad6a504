-- KEYS: positions. ARGV: for each position its field, the expected value ('' for none) and the new value.
-- Returns nothing, or else the index (from 1) of the first mismatch and its value ('' for none). A restarted
-- server may have lost anything: positions recorded under another run_id are invalid.
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
