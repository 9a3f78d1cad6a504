-- KEYS: positions. ARGV: fields. Returns the position of each, or false. A restarted server may have lost
-- anything: positions recorded under another run_id are invalid.
local server = redis.call('INFO', 'server'):match('run_id:(%w+)') or ''
if redis.call('HGET', KEYS[1], 'server') ~= server then
    redis.call('DEL', KEYS[1])
end
return redis.call('HMGET', KEYS[1], unpack(ARGV))
