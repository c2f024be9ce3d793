using AiMesh.AuthService.Keys;
using AiMesh.ServiceDefaults.Audit;
using Dapper;
using Npgsql;

namespace AiMesh.AuthService.Audit;

/// <summary>
/// <c>verify-audit [--anchors file]</c>: verifies every chain against itself, the sealed checkpoints and, where given, the lines of an
/// earlier run that were kept elsewhere. Prints a line for each chain, in the form of an anchor; what is broken goes to the error output.
/// </summary>
internal static class VerifyAuditCommand
{
    public const string Name = "verify-audit";

    private const int Whole = 0;
    private const int Broken = 1;
    private const int NotVerified = 2;

    public static async Task<int> RunAsync(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(args);
        builder.Logging.ClearProviders();
        builder.AddStorage();
        using var host = builder.Build();
        try
        {
            var anchors = ReadAnchors(builder.Configuration["anchors"]);
            var source = host.Services.GetRequiredKeyedService<NpgsqlDataSource>(MeshDatabaseExtensions.OwnerKey);
            return await VerifyAsync(source, new MasterKeyRing(builder.Configuration), anchors, Console.Out, Console.Error);
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or UnauthorizedAccessException or FormatException or InvalidOperationException)
        {
            await Console.Error.WriteLineAsync($"Not verified: {exception.Message}");
            return NotVerified;
        }
    }

    /// <returns>The exit code.</returns>
    internal static async Task<int> VerifyAsync(
        NpgsqlDataSource owner, MasterKeyRing masterKeys, IReadOnlyCollection<AuditCheckpoint> anchors, TextWriter output, TextWriter errors)
    {
        await using var connection = await owner.OpenConnectionAsync();
        var stored = (await connection.QueryAsync<Row>(
            "select organisation as Organisation, sequence as Sequence, hash as Hash, master_key_version as Version, seal as Seal from audit_checkpoints")).ToArray();
        var forged = stored.Where(row => !row.IsGenuine(masterKeys)).ToArray();
        foreach (var row in forged) await errors.WriteLineAsync($"{row.Checkpoint}: this checkpoint was not sealed by this mesh");

        var findings = await AuditVerifier.VerifyAsync(connection, anchors.Concat(stored.Except(forged).Select(static row => row.Checkpoint)), CancellationToken.None);
        foreach (var finding in findings)
        {
            if (finding.Break is { } broken)
                await errors.WriteLineAsync($"{(finding.Organisation.Length == 0 ? "-" : finding.Organisation)}: record {broken.Sequence} {broken.Problem}");
            else if (finding.Head is { } head) await output.WriteLineAsync(head.ToString());
        }

        return forged.Length == 0 && findings.All(static finding => finding.Break is null) ? Whole : Broken;
    }

    private static AuditCheckpoint[] ReadAnchors(string? file) => file is null
        ? []
        : [.. File.ReadAllLines(file).Where(static line => line.Length > 0).Select(line =>
            AuditCheckpoint.Parse(line) ?? throw new FormatException($"'{line}' in {file} is no anchor: organisation, sequence, hash."))];

    private sealed record Row
    {
        public required string Organisation { get; init; }

        public required long Sequence { get; init; }

        public required byte[] Hash { get; init; }

        public required string Version { get; init; }

        public required byte[] Seal { get; init; }

        public AuditCheckpoint Checkpoint => new(Organisation, Sequence, Hash);

        public bool IsGenuine(MasterKeyRing masterKeys) =>
            masterKeys.Find(Version) is { } key && Checkpoint.Seal(key.KeyFor(AuditCheckpoints.Purpose)).AsSpan().SequenceEqual(Seal);
    }
}
