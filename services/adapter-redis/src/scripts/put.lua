-- KEYS: samples, order, expiry. ARGV: now, the latest possible instant at now, the most series; then for each
-- sample its series key, its entry, and its expiry. Returns for how many samples there was no room. An entry
-- begins with its instant and its expiry, of 20 digits each. Expired entries count as missing, and so do
-- entries later than possible, which were put while the clock was ahead.
local left = 0
for i = 4, #ARGV, 3 do
    local key, entry, expires = ARGV[i], ARGV[i + 1], ARGV[i + 2]
    local known = redis.call('HGET', KEYS[1], key)
    if not known and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then
        left = left + 1
    elseif not known or known:sub(1, 20) < entry:sub(1, 20) or known:sub(1, 20) > ARGV[2] or known:sub(21, 40) <= ARGV[1] then
        redis.call('HSET', KEYS[1], key, entry)
        redis.call('ZADD', KEYS[2], 0, key)
        redis.call('ZADD', KEYS[3], expires, key)
    end
end
return left
