using AiMesh.ServiceDefaults.Audit;

namespace AiMesh.ServiceDefaults.Tests.Audit;

public sealed class AuditRecordTests
{
    private static readonly AuditRecord Record = new(
        "demo", 7, new DateTimeOffset(2026, 5, 4, 12, 0, 0, TimeSpan.Zero).AddMicroseconds(123456),
        new AuditEntry("role.create", "anna", "analyst")
        {
            Address = "10.0.0.1",
            TraceId = "0af7651916cd43dd8448eb211c80319c",
            Detail = new Dictionary<string, string> { ["permissions"] = "ai:ask", ["includes"] = "" },
        },
        AuditRecord.Origin);

    [Fact]
    public void Hash_OfAKnownRecord_StaysWhatItIs() =>
        Assert.Equal("4b7df20e2f485a157798b2eb7b52a59fddf0dd538182bfdd2dfc2c9ce1c2f35d", Convert.ToHexStringLower(Record.ComputeHash()));

    [Fact]
    public void Hash_WithDetailsInAnotherOrder_IsTheSame()
    {
        var detail = new Dictionary<string, string> { ["includes"] = "", ["permissions"] = "ai:ask" };
        Assert.Equal(Record.ComputeHash(), (Record with { Entry = Record.Entry with { Detail = detail } }).ComputeHash());
    }

    [Fact]
    public void Hash_OfRecordsThatDifferAnywhere_Differs()
    {
        var entry = Record.Entry;
        AuditRecord[] records =
        [
            Record,
            Record with { Organisation = "demo2" },
            Record with { Sequence = 8 },
            Record with { At = Record.At.AddMicroseconds(1) },
            Record with { PreviousHash = Record.ComputeHash() },
            Record with { Entry = entry with { Actor = null } },
            Record with { Entry = entry with { Actor = "" } },
            Record with { Entry = entry with { Action = "role.creat" } },

            // The same characters, divided differently.
            Record with { Entry = entry with { Action = "role.createa", Target = "nalyst" } },
            Record with { Entry = entry with { Target = null } },
            Record with { Entry = entry with { Target = "analyst10.0.0.1", Address = "" } },
            Record with { Entry = entry with { Address = null } },
            Record with { Entry = entry with { TraceId = null } },
            Record with { Entry = entry with { Detail = new Dictionary<string, string>() } },
            Record with { Entry = entry with { Detail = new Dictionary<string, string> { ["permissions"] = "ai:ask" } } },
            Record with { Entry = entry with { Detail = new Dictionary<string, string> { ["permissionsai"] = ":ask", ["includes"] = "" } } },
        ];
        Assert.Equal(records.Length, records.Select(static record => Convert.ToHexString(record.ComputeHash())).Distinct().Count());
    }

    [Theory]
    [InlineData("demo")]
    [InlineData("")]
    public void Checkpoint_AsText_ReadsAgain(string organisation)
    {
        var checkpoint = new AuditCheckpoint(organisation, 7, Record.ComputeHash());
        var read = AuditCheckpoint.Parse(checkpoint.ToString())!;
        Assert.Equal(checkpoint.ToString(), read.ToString());
        Assert.Equal(organisation, read.Organisation);
    }

    [Theory]
    [InlineData("")]
    [InlineData("demo 7")]
    [InlineData("demo 0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("demo -1 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("demo 7 z3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("demo 7 e3b0")]
    public void Checkpoint_FromOtherText_IsNone(string line) => Assert.Null(AuditCheckpoint.Parse(line));

    [Fact]
    public void Seal_WithAnotherKeyOrOfAnotherCheckpoint_Differs()
    {
        var checkpoint = new AuditCheckpoint("demo", 7, Record.ComputeHash());
        byte[] key = [.. Enumerable.Repeat((byte)1, 32)];
        string[] seals =
        [
            Convert.ToHexString(checkpoint.Seal(key)),
            Convert.ToHexString(checkpoint.Seal([.. Enumerable.Repeat((byte)2, 32)])),
            Convert.ToHexString((checkpoint with { Sequence = 8 }).Seal(key)),
            Convert.ToHexString((checkpoint with { Organisation = "demo2" }).Seal(key)),
            Convert.ToHexString((checkpoint with { Hash = AuditRecord.Origin }).Seal(key)),
        ];
        Assert.Equal(seals.Length, seals.Distinct().Count());
    }
}
