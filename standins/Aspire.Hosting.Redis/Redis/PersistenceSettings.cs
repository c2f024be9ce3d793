using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Redis;

internal sealed record PersistenceSettings(TimeSpan Interval, long KeysChanged) : IResourceAnnotation
{
    /// <summary>In the form of redis.conf and of the command line.</summary>
    public string Value => string.Create(CultureInfo.InvariantCulture, $"{(long)Interval.TotalSeconds} {KeysChanged}");
}
