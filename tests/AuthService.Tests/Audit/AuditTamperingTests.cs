using System.Globalization;
using AiMesh.ServiceDefaults.Audit;

namespace AiMesh.AuthService.Tests.Audit;

/// <summary>What the owner of the database may do to a chain of six records, and what the verification says of it.</summary>
[Trait("Level", "Server")]
public sealed class AuditTamperingTests(AuditFixture fixture) : IClassFixture<AuditFixture>
{
    [Fact]
    public async Task Verify_OfAChainThatNobodyTouched_AnswersItsHead()
    {
        var (organisation, _) = await fixture.NewChainAsync();

        var answer = await fixture.VerifyAsync(organisation);

        var head = AuditCheckpoint.Parse(answer);
        Assert.NotNull(head);
        Assert.Equal((organisation, 6), (head.Organisation, head.Sequence));
        Assert.Equal(answer, await fixture.VerifyAsync(organisation, head));
    }

    [Theory]
    [InlineData("update audit_events set action = 'nothing' where organisation = @organisation and sequence = 3", "record 3 was changed after it was written")]
    [InlineData("update audit_events set at = at + interval '1 microsecond' where organisation = @organisation and sequence = 1", "record 1 was changed after it was written")]
    [InlineData("update audit_events set actor = null where organisation = @organisation and sequence = 6", "record 6 was changed after it was written")]
    [InlineData("update audit_events set detail = '{\"a\":\"b\"}' where organisation = @organisation and sequence = 4", "record 4 was changed after it was written")]
    [InlineData("update audit_events set detail = '{\"a\":1}' where organisation = @organisation and sequence = 4", "record 4 was changed after it was written")]
    [InlineData("update audit_events set detail = '[]' where organisation = @organisation and sequence = 4", "record 4 was changed after it was written")]
    [InlineData("update audit_events set hash = sha256('x') where organisation = @organisation and sequence = 5", "record 5 was changed after it was written")]
    [InlineData("update audit_events set previous_hash = sha256('x') where organisation = @organisation and sequence = 5", "record 5 does not follow the record before it")]
    [InlineData("delete from audit_events where organisation = @organisation and sequence = 3", "record 3 is missing")]
    [InlineData("delete from audit_events where organisation = @organisation and sequence < 3", "record 1 is missing")]
    [InlineData("update audit_events set sequence = 6 - sequence + 103 where organisation = @organisation and sequence in (3, 4)", "record 3 is missing")]
    public async Task Verify_OfATamperedChain_NamesTheFirstBrokenRecord(string tamper, string problem)
    {
        var (organisation, _) = await fixture.NewChainAsync();

        await fixture.ExecuteAsync(tamper, new { organisation });

        Assert.Equal($"{organisation}: {problem}", await fixture.VerifyAsync(organisation));
    }

    [Fact]
    public async Task Verify_OfReorderedRecords_NamesTheFirst()
    {
        var (organisation, _) = await fixture.NewChainAsync();
        await fixture.ExecuteAsync("update audit_events set sequence = 100 where organisation = @organisation and sequence = 3", new { organisation });
        await fixture.ExecuteAsync("update audit_events set sequence = 3 where organisation = @organisation and sequence = 4", new { organisation });
        await fixture.ExecuteAsync("update audit_events set sequence = 4 where organisation = @organisation and sequence = 100", new { organisation });

        Assert.Equal($"{organisation}: record 3 does not follow the record before it", await fixture.VerifyAsync(organisation));
    }

    [Fact]
    public async Task Verify_OfAnInsertedRecord_NamesIt()
    {
        var (organisation, _) = await fixture.NewChainAsync();
        await fixture.ExecuteAsync(
            "insert into audit_events select organisation, 7, at, actor, action, target, address, trace_id, detail, previous_hash, hash from audit_events where organisation = @organisation and sequence = 6",
            new { organisation });

        Assert.Equal($"{organisation}: record 7 does not follow the record before it", await fixture.VerifyAsync(organisation));
    }

    [Fact]
    public async Task Verify_OfAChainWhoseEndWasCutOff_TakesACheckpoint()
    {
        var (organisation, _) = await fixture.NewChainAsync();
        var anchor = AuditCheckpoint.Parse(await fixture.VerifyAsync(organisation))!;
        await fixture.ExecuteAsync("delete from audit_events where organisation = @organisation and sequence > 4", new { organisation });

        // The chain that is left is whole: by itself it can't tell. The anchor that was kept elsewhere can.
        Assert.Equal(4, AuditCheckpoint.Parse(await fixture.VerifyAsync(organisation))!.Sequence);
        Assert.Equal($"{organisation}: record 5 is missing, and so is everything up to the checkpoint at 6: the end was cut off", await fixture.VerifyAsync(organisation, anchor));
    }

    [Theory]
    [InlineData("sequence > 4", "record 5 is missing, and so is everything up to the checkpoint at 6: the end was cut off")]
    [InlineData("true", "record 1 is missing, and so is everything up to the checkpoint at 6: the end was cut off")]
    public async Task Verify_OfAChainWhoseEndWasCutOff_IsToldByTheStoredCheckpoint(string which, string problem)
    {
        var (organisation, _) = await fixture.NewChainAsync();
        await fixture.CheckpointAsync();

        await fixture.ExecuteAsync($"delete from audit_events where organisation = @organisation and {which}", new { organisation });

        Assert.Equal($"{organisation}: {problem}", await fixture.VerifyAsync(organisation));
    }

    [Fact]
    public async Task Verify_OfAChainWrittenAnewWithGoodHashes_IsToldByTheCheckpoint()
    {
        var (organisation, _) = await fixture.NewChainAsync();
        await RewriteAsync(organisation, from: 3);
        Assert.Equal(6, AuditCheckpoint.Parse(await fixture.VerifyAsync(organisation))!.Sequence);

        var (second, _) = await fixture.NewChainAsync();
        await fixture.CheckpointAsync();
        await RewriteAsync(second, from: 3);
        Assert.Equal($"{second}: record 6 is not what a checkpoint says: this record or one before it was written anew", await fixture.VerifyAsync(second));
    }

    [Fact]
    public async Task Verify_OfACheckpointThatWasChanged_RefusesIt()
    {
        var (organisation, _) = await fixture.NewChainAsync();
        await fixture.CheckpointAsync();
        await fixture.ExecuteAsync("delete from audit_events where organisation = @organisation and sequence = 6", new { organisation });
        await fixture.ExecuteAsync(
            "update audit_checkpoints set sequence = 5, hash = (select hash from audit_events where organisation = @organisation and sequence = 5) where organisation = @organisation",
            new { organisation });

        Assert.Contains("was not sealed by this mesh", await fixture.VerifyAsync(organisation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checkpoints_AreWrittenForWhatGrewOnly()
    {
        var (organisation, person) = await fixture.NewChainAsync();
        await fixture.CheckpointAsync();
        await fixture.CheckpointAsync();
        await fixture.RenameAsync(person, "Novum");
        await fixture.CheckpointAsync();

        var sequences = await fixture.AskAsync<long>("select sequence from audit_checkpoints where organisation = @organisation order by 1", new { organisation });
        Assert.Equal([6L, 7L], sequences);
    }

    /// <summary>Changes a record and gives it and all that follow the hashes that they would have had.</summary>
    private async Task RewriteAsync(string organisation, int from)
    {
        var previous = (await fixture.AskAsync<byte[]>("select hash from audit_events where organisation = @organisation and sequence = @before", new { organisation, before = from - 1 })).Single();
        for (var sequence = from; sequence <= 6; sequence++)
        {
            var at = (await fixture.AskAsync<DateTime>("select at from audit_events where organisation = @organisation and sequence = @sequence", new { organisation, sequence })).Single();
            var entry = new AuditEntry("invented", "nobody", sequence.ToString(CultureInfo.InvariantCulture));
            var hash = new AuditRecord(organisation, sequence, new DateTimeOffset(at, TimeSpan.Zero), entry, previous).ComputeHash();
            await fixture.ExecuteAsync(
                """
                update audit_events set action = @Action, actor = @Actor, target = @Target, address = null, trace_id = null, detail = '{}', previous_hash = @previous, hash = @hash
                where organisation = @organisation and sequence = @sequence
                """,
                new { entry.Action, entry.Actor, entry.Target, previous, hash, organisation, sequence });
            previous = hash;
        }
    }
}
