using System.IO.Compression;
using System.Text.Json;
using AiMesh.AuthService.Keys;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.AspNetCore.Http.Features;

namespace AiMesh.AuthService.Privacy;

/// <summary>
/// <c>GET /api/auth/exports/{export}/archive</c>: the ZIP archive, made while it is sent, a piece in memory at a time. Its manifest names
/// each part with its SHA-256.
/// </summary>
internal static class ArchiveEndpoint
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet("/api/auth/exports/{export}/archive", GetAsync).RequireSignIn();

    private static async Task GetAsync(string export, HttpContext context, AuthDatabase database, SubjectSeal seal)
    {
        var caller = context.GetPrincipal();
        var cancellationToken = context.RequestAborted;
        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);
        var operation = await PrivacyStore.FindAsync(transaction, PrivacyOperation.Export, export, cancellationToken);
        if (operation is null || operation.RequestedBy != caller.Subject)
        {
            await new NotFound("export", export).ToProblem().ExecuteAsync(context);
            return;
        }

        if (operation.DoneAt is null)
        {
            await new ExportNotDone().ToProblem().ExecuteAsync(context);
            return;
        }

        // The archive writes the few bytes that end an entry synchronously, also when all else is asynchronous.
        context.Features.GetRequiredFeature<IHttpBodyControlFeature>().AllowSynchronousIO = true;
        context.Response.ContentType = "application/zip";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"personal-data.zip\"";
        context.Response.Headers.CacheControl = "no-store";
        await WriteAsync(context.Response.Body, transaction, operation, seal.KeyOf(operation.KeyVersion, ArchivePart.Purpose), cancellationToken);
    }

    private static async Task WriteAsync(Stream output, AuthTransaction transaction, PrivacyOperation operation, byte[] key, CancellationToken cancellationToken)
    {
        var sections = await transaction.QueryAsync<Section>(
            """
            select service as Service, number as Number, name as Name, bytes as Bytes, records as Records, sha256 as Hash
            from privacy_sections where organisation = @Organisation and operation = @Id order by service, number
            """,
            new { transaction.Organisation, operation.Id }, cancellationToken);
        await using var archive = await ZipArchive.CreateAsync(output, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken);
        await using (var manifest = await OpenAsync(archive, "manifest.json", cancellationToken))
            await JsonSerializer.SerializeAsync(manifest, Manifest(operation, sections), Indented, cancellationToken);

        foreach (var section in sections)
        {
            await using var entry = await OpenAsync(archive, section.File, cancellationToken);
            for (var number = 1; ; number++)
            {
                var piece = await transaction.QueryOneAsync<byte[]>(
                    """
                    select sealed from privacy_pieces
                    where organisation = @Organisation and operation = @Id and service = @Service and section = @Section and number = @number
                    """,
                    new { transaction.Organisation, operation.Id, section.Service, Section = section.Number, number }, cancellationToken);
                if (piece is null) break;
                var content = SealedBox.Open(key, piece, ArchivePart.PlaceOf(operation.Id, section.Service, section.Number, number))
                    ?? throw new InvalidOperationException("A piece of the archive was tampered with.");
                await entry.WriteAsync(content, cancellationToken);
            }
        }
    }

    private static async Task<Stream> OpenAsync(ZipArchive archive, string name, CancellationToken cancellationToken) =>
        await archive.CreateEntry(name, CompressionLevel.Fastest).OpenAsync(cancellationToken);

    private static object Manifest(PrivacyOperation operation, IEnumerable<Section> sections) => new
    {
        export = operation.Id,
        organisation = operation.Organisation,
        created = operation.CreatedAt,
        complete = !operation.VisibleOnly,
        parts = sections.Select(static section => new
        {
            file = section.File,
            service = section.Service,
            records = section.Records,
            bytes = section.Bytes,
            sha256 = Convert.ToHexStringLower(section.Hash),
        }),
    };

    private sealed record Section
    {
        public required string Service { get; init; }

        public required int Number { get; init; }

        public required string Name { get; init; }

        public required long Bytes { get; init; }

        public required long Records { get; init; }

        public required byte[] Hash { get; init; }

        public string File => $"{Service}/{Name}.jsonl";
    }
}
