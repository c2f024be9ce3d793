using System.Text.Json.Nodes;

namespace AiMesh.AiService.Tests.Analyst;

/// <summary>Questions over readings and alerts of a device.</summary>
public sealed class DeviceQuestionsTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    private static readonly (string Row, string Metric, double Value, DateTimeOffset Time, bool Anomalous)[] Readings =
        [.. Enumerable.Range(0, 60).Select(i => (
            $"r{i + 1}",
            i % 3 == 0 ? "vibration" : "temperature",
            i == 34 ? 95.5 : i % 3 == 0 ? 2 + (i / 100.0) : 60 + (i / 10.0),
            Start.AddMinutes(12 * i),
            i == 34))];

    private static readonly string Block = TestBlock.Write(
        "readings", "Readings of pump-1",
        Readings.Select(r => new JsonObject
        {
            ["#"] = r.Row,
            ["device"] = "pump-1",
            ["time"] = r.Time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
            ["metric"] = r.Metric,
            ["value"] = r.Value,
            ["anomalous"] = r.Anomalous,
        }),
        ("device", "string"), ("time", "timestamp"), ("metric", "string"), ("value", "number"), ("anomalous", "boolean"))
        + TestBlock.Write(
            "alerts", "Alerts of pump-1",
            [new JsonObject { ["#"] = "r100", ["device"] = "pump-1", ["metric"] = "temperature", ["severity"] = "CRITICAL", ["message"] = "95.5 where 60 to 67 was expected", ["start_time"] = "2026-11-21T06:48:00Z", ["value"] = 95.5, ["state"] = "OPEN" }],
            ("device", "string"), ("metric", "string"), ("severity", "string"), ("message", "string"), ("start_time", "timestamp"), ("value", "number"), ("state", "string"));

    public static TheoryData<string, double> Numbers { get; } = new()
    {
        { "What is the average temperature?", Temperatures().Average() },
        { "what was the highest temperature", Temperatures().Max() },
        { "lowest vibration", Readings.Where(r => r.Metric == "vibration").Min(r => r.Value) },
        { "how many readings are there", Readings.Length },
        { "How many anomalous readings?", 1 },
        { "how many readings have a temperature over 64", Temperatures().Count(t => t > 64) },
        { "average temperature in the last 2 hours", Readings.Where(r => r.Metric == "temperature" && r.Time >= Start.AddHours(10)).Average(r => r.Value) },
        { "How many alerts are open?", 1 },
        { "how many critical alerts", 1 },
        { "how many closed alerts", double.NaN },
    };

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Answer_OverReadings_HasTheNumber(string question, double expected)
    {
        var asked = Asked.Of(Block, question, Start.AddHours(12));

        if (double.IsNaN(expected))
            Assert.False(asked.IsAnswered, asked.ToString());
        else
            Assert.True(asked.IsAnswered && asked.Has(expected, 2), $"expected {expected}: {asked}");
    }

    [Fact]
    public void Answer_ToTheLatestReading_CitesIt()
    {
        var asked = Asked.Of(Block, "What is the latest temperature?");

        var latest = Readings.Last(r => r.Metric == "temperature");
        Assert.True(asked.IsAnswered && asked.Has(latest.Value) && asked.Rows.Contains(latest.Row), asked.ToString());
    }

    private static IEnumerable<double> Temperatures() => Readings.Where(r => r.Metric == "temperature").Select(r => r.Value);
}
