-- KEYS: samples, order, expiry. ARGV: now, of 20 digits, and a limit. Returns how many entries it removed.
local removed = 0
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])) do
    local known = redis.call('HGET', KEYS[1], key)
    -- Scores are floating-point numbers; the expiry in the entry decides.
    if not known or known:sub(21, 40) <= ARGV[1] then
        redis.call('HDEL', KEYS[1], key)
        redis.call('ZREM', KEYS[2], key)
        redis.call('ZREM', KEYS[3], key)
        removed = removed + 1
    end
end
return removed
