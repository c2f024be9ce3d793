using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.ServiceDefaults.Tests.Policy;

public sealed class CanonicalTimeTests
{
    [Theory]
    [InlineData("2026-11-21T10:00:00Z", "2026-11-21T10:00:00.000000Z")]
    [InlineData("2026-11-21t10:00:00z", "2026-11-21T10:00:00.000000Z")]
    [InlineData("2026-11-21T10:00:00.1Z", "2026-11-21T10:00:00.100000Z")]
    [InlineData("2026-11-21T10:00:00.123456789Z", "2026-11-21T10:00:00.123456Z")]
    [InlineData("2026-11-21T00:30:00+02:00", "2026-11-20T22:30:00.000000Z")]
    [InlineData("2026-12-31T23:30:00.5-01:00", "2027-01-01T00:30:00.500000Z")]
    [InlineData("2026-11-21T10:00:00", null)]
    [InlineData("2026-11-21 10:00:00Z", null)]
    [InlineData("2026-11-21T10:00:00.Z", null)]
    [InlineData("2026-11-21T10:00:60Z", null)]
    [InlineData("2026-11-21T24:00:00Z", null)]
    [InlineData("2026-02-29T10:00:00Z", null)]
    [InlineData("2026-11-21T10:00:00+0100", null)]
    [InlineData("2026-11-21T10:00:00+24:00", null)]
    [InlineData("0001-01-01T00:00:00+01:00", null)]
    [InlineData("9999-12-31T23:59:59-01:00", null)]
    [InlineData("", null)]
    public void TryTimestamp_KeepsUtcToTheMicrosecond(string text, string? canonical)
    {
        Assert.Equal(canonical is not null, CanonicalTime.TryTimestamp(text, out var actual));
        Assert.Equal(canonical, actual);
    }

    [Theory]
    [InlineData("2026-11-21", true)]
    [InlineData("2024-02-29", true)]
    [InlineData("2026-02-29", false)]
    [InlineData("2026-1-1", false)]
    [InlineData("21.11.2026", false)]
    public void TryDate_TakesCalendarDatesOnly(string text, bool valid) => Assert.Equal(valid, CanonicalTime.TryDate(text, out _));
}
