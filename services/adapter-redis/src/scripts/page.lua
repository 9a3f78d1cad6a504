-- KEYS: samples, order. ARGV: bounds of the series keys as ZRANGEBYLEX has them, and how many.
-- Gives the last key it looked at (empty when there are no more), and the entries.
local keys = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
if #keys == 0 then
    return { '', {} }
end
local last = #keys == tonumber(ARGV[3]) and keys[#keys] or ''
return { last, redis.call('HMGET', KEYS[1], unpack(keys)) }
