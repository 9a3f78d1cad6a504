-- KEYS: positions. ARGV: the fields asked for. Gives the position of each, or false.
-- A server that was started anew may have forgotten anything: what was noted under another is worth nothing.
local server = redis.call('INFO', 'server'):match('run_id:(%w+)') or ''
if redis.call('HGET', KEYS[1], 'server') ~= server then
    redis.call('DEL', KEYS[1])
end
return redis.call('HMGET', KEYS[1], unpack(ARGV))
