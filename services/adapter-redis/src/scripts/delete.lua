-- KEYS: samples, order, expiry. ARGV: series keys. Returns how many entries it removed.
local removed = 0
for _, key in ipairs(ARGV) do
    removed = removed + redis.call('HDEL', KEYS[1], key)
    redis.call('ZREM', KEYS[2], key)
    redis.call('ZREM', KEYS[3], key)
end
return removed
