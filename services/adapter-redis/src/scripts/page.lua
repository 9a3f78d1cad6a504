-- KEYS: samples, order. ARGV: bounds of the series keys for ZRANGEBYLEX, and a limit. Returns the last key
-- examined (empty at the end), and the entries.
local keys = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
if #keys == 0 then
    return { '', {} }
end
local last = #keys == tonumber(ARGV[3]) and keys[#keys] or ''
return { last, redis.call('HMGET', KEYS[1], unpack(keys)) }
