using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AiMesh.ServiceDefaults.Audit;

/// <summary>
/// <c>verify-audit [--anchors file]</c>: verifies every chain of a service against itself, the sealed checkpoints and, where given, the lines of an
/// earlier run that were kept elsewhere. Prints a line for each chain, in the form of an anchor; what is broken goes to the error output.
/// </summary>
public static class VerifyAuditCommand
{
    /// <summary>The first argument.</summary>
    public const string Name = "verify-audit";

    private const int Whole = 0;
    private const int Broken = 1;
    private const int NotVerified = 2;

    /// <summary>Runs the command.</summary>
    /// <param name="args">Of the process.</param>
    /// <param name="configure">Adds the database of the service, and its <see cref="AuditSeals"/>.</param>
    /// <param name="others">Finds what else is wrong, a line each: what stands beside the chains and belongs to them. Null: nothing does.</param>
    /// <returns>The exit code: 0 whole, 1 broken, 2 where it could not be verified.</returns>
    public static async Task<int> RunAsync(
        string[] args, Action<IHostApplicationBuilder> configure, Func<NpgsqlConnection, Task<IReadOnlyList<string>>>? others = null)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = Host.CreateApplicationBuilder(args);
        builder.Logging.ClearProviders();
        try
        {
            configure(builder);
            using var host = builder.Build();
            var anchors = ReadAnchors(builder.Configuration["anchors"]);
            var source = host.Services.GetRequiredKeyedService<NpgsqlDataSource>(MeshDatabaseExtensions.OwnerKey);
            return await VerifyAsync(source, host.Services.GetRequiredService<AuditSeals>(), anchors, Console.Out, Console.Error, others);
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or UnauthorizedAccessException or FormatException or InvalidOperationException)
        {
            await Console.Error.WriteLineAsync($"Not verified: {exception.Message}");
            return NotVerified;
        }
    }

    /// <summary>Verifies one database.</summary>
    /// <param name="owner">Acts as the owner of the database.</param>
    /// <param name="seals">Of the service.</param>
    /// <param name="anchors">Lines of an earlier run.</param>
    /// <param name="output">Takes a line for each whole chain.</param>
    /// <param name="errors">Takes a line for each thing that is wrong.</param>
    /// <param name="others">See <see cref="RunAsync"/>.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> VerifyAsync(
        NpgsqlDataSource owner, AuditSeals seals, IReadOnlyCollection<AuditCheckpoint> anchors, TextWriter output, TextWriter errors,
        Func<NpgsqlConnection, Task<IReadOnlyList<string>>>? others = null)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(seals);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(errors);
        await using var connection = await owner.OpenConnectionAsync();
        var (genuine, forged) = await CheckpointsAsync(connection, seals);
        foreach (var checkpoint in forged) await errors.WriteLineAsync($"{checkpoint}: this checkpoint was not sealed by this mesh");

        var findings = await AuditVerifier.VerifyAsync(connection, anchors.Concat(genuine), CancellationToken.None);
        foreach (var finding in findings)
        {
            if (finding.Break is { } broken)
                await errors.WriteLineAsync($"{(finding.Organisation.Length == 0 ? "-" : finding.Organisation)}: record {broken.Sequence} {broken.Problem}");
            else if (finding.Head is { } head) await output.WriteLineAsync(head.ToString());
        }

        var further = others is null ? [] : await others(connection);
        foreach (var problem in further) await errors.WriteLineAsync(problem);
        return forged.Count + further.Count == 0 && findings.All(static finding => finding.Break is null) ? Whole : Broken;
    }

    private static async Task<(List<AuditCheckpoint> Genuine, List<AuditCheckpoint> Forged)> CheckpointsAsync(NpgsqlConnection connection, AuditSeals seals)
    {
        var (genuine, forged) = (new List<AuditCheckpoint>(), new List<AuditCheckpoint>());
        await using var command = new NpgsqlCommand("select organisation, sequence, hash, master_key_version, seal from audit_checkpoints", connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var checkpoint = new AuditCheckpoint(reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2));
            (seals.IsGenuine(checkpoint, reader.GetString(3), reader.GetFieldValue<byte[]>(4)) ? genuine : forged).Add(checkpoint);
        }

        return (genuine, forged);
    }

    private static AuditCheckpoint[] ReadAnchors(string? file) => file is null
        ? []
        : [.. File.ReadAllLines(file).Where(static line => line.Length > 0).Select(line =>
            AuditCheckpoint.Parse(line) ?? throw new FormatException($"'{line}' in {file} is no anchor: organisation, sequence, hash."))];
}
