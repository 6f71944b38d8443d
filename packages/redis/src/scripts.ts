/** Lua that runs inside Redis as one atomic step. KEYS[1] is the partition's meta hash. */

/** ARGV: token. Answers the new epoch. */
export const takeOverScript = `
local epoch = redis.call('HINCRBY', KEYS[1], 'epoch', 1)
redis.call('HSET', KEYS[1], 'token', ARGV[1])
return epoch
`;

/**
 * KEYS: meta, subjects, live timers, held timers, then per order its image and the list of its subject's orders. ARGV:
 * epoch, token, expected position, expected sequence, position, sequence, changesOffset, meta, has definitions (0 or 1),
 * definitions, order time to live in ms, number of subjects, then per subject (key, state, '' | 'live' | 'held', dueAt),
 * then per order (key, image). An empty state or image removes. The orders of a subject are listed in a sorted set, by when
 * they were written last, which is not read by the fold but to end a subject: so the clock of the server may be asked.
 * Answers committed, fenced or moved.
 */
export const commitScript = `
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'token', 'position', 'sequence')
if meta[1] ~= ARGV[1] or meta[2] ~= ARGV[2] then return 'fenced' end
if (meta[3] or '0') ~= ARGV[3] or (meta[4] or '0') ~= ARGV[4] then return 'moved' end
redis.call('HSET', KEYS[1], 'position', ARGV[5], 'sequence', ARGV[6], 'changesOffset', ARGV[7], 'meta', ARGV[8])
if ARGV[9] == '1' then redis.call('HSET', KEYS[1], 'definitions', ARGV[10]) end
local at = 13
for _ = 1, tonumber(ARGV[12]) do
  local subject, state, set, due = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  if state == '' then redis.call('HDEL', KEYS[2], subject) else redis.call('HSET', KEYS[2], subject, state) end
  if set == 'live' then
    redis.call('ZADD', KEYS[3], due, subject)
    redis.call('ZREM', KEYS[4], subject)
  elseif set == 'held' then
    redis.call('ZADD', KEYS[4], due, subject)
    redis.call('ZREM', KEYS[3], subject)
  else
    redis.call('ZREM', KEYS[3], subject)
    redis.call('ZREM', KEYS[4], subject)
  end
  at = at + 4
end
local now = at <= #ARGV and tonumber(redis.call('TIME')[1]) or 0
local place = 5
while at <= #ARGV do
  local key, list, image = KEYS[place], KEYS[place + 1], ARGV[at + 1]
  if image == '' then
    redis.call('DEL', key)
    redis.call('ZREM', list, ARGV[at])
  else
    redis.call('SET', key, image, 'PX', ARGV[11])
    redis.call('ZADD', list, now, ARGV[at])
    redis.call('ZREMRANGEBYSCORE', list, '-inf', now - ARGV[11] / 1000)
    redis.call('PEXPIRE', list, ARGV[11])
  end
  at = at + 2
  place = place + 2
end
return 'committed'
`;

/**
 * ARGV: token, pattern of the partition's keys. They are looked for in here, since an owner that is still at work would
 * write more between the look and the deletion.
 */
export const forgetScript = `
redis.call('HINCRBY', KEYS[1], 'epoch', 1)
redis.call('HSET', KEYS[1], 'token', ARGV[1])
redis.call('HDEL', KEYS[1], 'position', 'sequence', 'changesOffset', 'meta', 'definitions')
local cursor = '0'
repeat
  local found = redis.call('SCAN', cursor, 'MATCH', ARGV[2], 'COUNT', 1000)
  cursor = found[1]
  for _, name in ipairs(found[2]) do
    if name ~= KEYS[1] then redis.call('UNLINK', name) end
  end
until cursor == '0'
return 'forgotten'
`;
