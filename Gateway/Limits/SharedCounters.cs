using StackExchange.Redis;

namespace AiMesh.Gateway.Limits;

/// <summary>The buckets that all replicas share: one script in Redis decides all buckets of a request in one round trip, on Redis' clock.</summary>
internal sealed class SharedCounters(IServiceProvider services)
{
    public const string KeyPrefix = "aimesh:limit:";

    // All or nothing: a request that is refused by one bucket is charged to none. Microseconds since 2023 leave a double eleven bits
    // for fractions. A key lives as long as its bucket is not full. KEYS[i] has ARGV[2i-1] microseconds a request, ARGV[2i] at once.
    private const string Script = """
        local time = redis.call('TIME')
        local now = (time[1] - 1700000000) * 1000000 + time[2]
        local seen = redis.call('MGET', unpack(KEYS))
        local full, wait, waiting, least, tightest = {}, 0, 0, math.huge, 1
        for i = 1, #KEYS do
          local interval = tonumber(ARGV[2 * i - 1])
          local tolerance = interval * tonumber(ARGV[2 * i])
          full[i] = math.max(tonumber(seen[i] or now), now) + interval
          local ahead = full[i] - now
          if ahead > tolerance + 0.5 then
            if ahead - tolerance > wait then wait, waiting = ahead - tolerance, i end
          else
            local remaining = math.floor(math.max(0, tolerance - ahead) / interval)
            if remaining < least then least, tightest = remaining, i end
          end
        end
        if waiting > 0 then return {0, waiting, 0, math.floor(wait + 0.5)} end
        for i = 1, #KEYS do
          redis.call('SET', KEYS[i], string.format('%.3f', full[i]), 'PX', math.ceil((full[i] - now) / 1000))
        end
        return {1, tightest, least, math.floor(full[tightest] - now + 0.5)}
        """;

    private readonly Lazy<IDatabase> _database = new(() =>
    {
        var redis = services.GetRequiredService<IConnectionMultiplexer>();
        redis.PreserveAsyncOrder = false; // Answers belong to different requests; one slow request must not hold up the next.
        return redis.GetDatabase();
    });

    public async Task<LimitDecision> DecideAsync(LimitBucket[] buckets)
    {
        var keys = new RedisKey[buckets.Length];
        var arguments = new RedisValue[buckets.Length * 2];
        for (var i = 0; i < buckets.Length; i++)
        {
            keys[i] = KeyPrefix + buckets[i].Key;
            arguments[2 * i] = buckets[i].Policy.Interval;
            arguments[(2 * i) + 1] = buckets[i].Policy.Burst;
        }

        var answer = (RedisValue[])await _database.Value.ScriptEvaluateAsync(Script, keys, arguments);
        return new LimitDecision((int)answer[0] == 1, (int)answer[1] - 1, (long)answer[2], (long)answer[3]);
    }

    public Task PingAsync() => _database.Value.PingAsync();
}
