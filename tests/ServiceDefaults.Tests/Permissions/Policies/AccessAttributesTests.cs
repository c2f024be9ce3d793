using System.Collections.Immutable;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Permissions.Policies;
using static AiMesh.ServiceDefaults.Tests.Permissions.Policies.Calls;

namespace AiMesh.ServiceDefaults.Tests.Permissions.Policies;

/// <summary>What each name of a condition stands for.</summary>
public sealed class AccessAttributesTests
{
    [Theory]
    [InlineData("user.id = alice")]
    [InlineData("user.organisation = demo")]
    [InlineData("resource.organisation = user.organisation")]
    [InlineData("user.attributes.region = EU")]
    [InlineData("user.attributes.region = \"E*\"")]
    [InlineData("user.attributes.team = user.attributes.region OR user.attributes.region:*")]
    [InlineData("user.roles:member AND NOT user.roles:admin")]
    [InlineData("user.kind = user")]
    [InlineData("user.tier = FREE")]
    [InlineData("resource.type = dataset")]
    [InlineData("resource.name = surveys")]
    [InlineData("action = data:read:surveys")]
    [InlineData("action = \"data:read:*\"")]
    [InlineData("context.time >= 12:00 AND context.time < 12:00:01")]
    [InlineData("context.weekday = wednesday")]
    [InlineData("context.date = 2026-11-18")]
    [InlineData("context.authentication_age = 90")]
    [InlineData("context.address = 192.0.2.0/24")]
    public void Name_HoldsWhatIsKnownOfTheCall(string condition)
    {
        var caller = Alice with { AuthenticatedAt = Noon.AddSeconds(-90.5), Attributes = ImmutableDictionary<string, string>.Empty.Add("region", "EU") };
        var call = Call(by: caller, from: "192.0.2.7");

        Assert.True(Passes(condition, call));
        Assert.False(Passes($"NOT ({condition})", call));
    }

    [Theory]
    [InlineData("data:read:surveys", "dataset", "surveys")]
    [InlineData("data:delete:*", "dataset", null)]
    [InlineData("iot:ingest:pump-1", "device", "pump-1")]
    [InlineData("iot:ingest", null, null)]
    [InlineData("auth:users:write", null, null)]
    [InlineData("data:list", null, null)]
    public void Resource_IsWhatThePermissionNames(string permission, string? type, string? name)
    {
        Assert.Equal(type, AccessResource.TypeOf(permission));
        Assert.Equal(name, AccessResource.NameOf(permission));
    }

    [Fact]
    public void Resource_IsKnownOfEveryPermissionThatTheContractFillsIn()
    {
        var templates = typeof(AccessReflection).Assembly.GetTypes()
            .Select(static type => type.GetProperty("Descriptor", typeof(Google.Protobuf.Reflection.FileDescriptor))?.GetValue(null))
            .OfType<Google.Protobuf.Reflection.FileDescriptor>()
            .SelectMany(static file => file.Services).SelectMany(static service => service.Methods)
            .Select(static method => method.GetOptions()?.GetExtension(AccessExtensions.Access)?.Permission)
            .Where(static permission => permission?.Contains('{', StringComparison.Ordinal) == true)
            .ToArray();

        Assert.NotEmpty(templates);
        Assert.All(templates, static permission => Assert.NotNull(AccessResource.TypeOf(permission!)));
    }

    [Theory]
    [InlineData("2026-11-18T22:30:00Z", "UTC", "context.weekday = wednesday AND context.time = 22:30")]
    [InlineData("2026-11-18T23:30:00Z", "Europe/Berlin", "context.weekday = thursday AND context.time = 00:30 AND context.date = 2026-11-19")]
    [InlineData("2026-07-18T16:30:00Z", "Europe/Berlin", "context.time = 18:30")]
    [InlineData("2026-11-18T03:00:00Z", "America/New_York", "context.weekday = tuesday AND context.time = 22:00")]
    [InlineData("2026-11-22T10:00:00Z", "", "context.weekday = sunday")]
    [InlineData("2026-11-23T00:00:00+14:00", "", "context.weekday = sunday AND context.time = 10:00")]
    public void Time_IsThatOfThePolicysZone(string moment, string zone, string condition) =>
        Assert.True(Passes(condition, Call(at: DateTimeOffset.Parse(moment, System.Globalization.CultureInfo.InvariantCulture)), zone: zone));

    [Theory]
    [InlineData("192.0.2.0/24", "192.0.2.255", true)]
    [InlineData("192.0.2.0/24", "192.0.3.0", false)]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("192.0.2.0/24", "::ffff:192.0.2.9", true)]
    [InlineData("::ffff:192.0.2.0/120", "192.0.2.9", true)]
    [InlineData("::ffff:192.0.2.0/120", "192.0.3.9", false)]
    [InlineData("2001:db8::/32", "2001:db8:1::1", true)]
    [InlineData("2001:db8::/32", "2001:db9::1", false)]
    [InlineData("2001:db8::/32", "192.0.2.1", false)]
    [InlineData("fe80::/10", "fe80::1%3", true)]
    [InlineData("0.0.0.0/0", "203.0.113.9", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("::/0", "203.0.113.9", false)]
    public void Address_IsComparedWithItsRange(string range, string address, bool within)
    {
        Assert.Equal(within, Passes($"context.address = {range}", Call(from: address)));
        Assert.Equal(within, Passes($"context.address:\"{range}\"", Call(from: address)));
        Assert.Equal(!within, Passes($"context.address != {range}", Call(from: address)));
    }
}
