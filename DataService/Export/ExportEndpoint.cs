using AiMesh.Data.V1;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Net.Http.Headers;
using Format = AiMesh.Data.V1.ExportItemsRequest.Types.Format;

namespace AiMesh.DataService.Export;

/// <summary>ExportItems over HTTP: the file itself as the body, in the place of the transcoded stream of chunks.</summary>
internal static class ExportEndpoint
{
    private const string CsvType = "text/csv";
    private const string LinesType = "application/x-ndjson";

    public static void MapExport(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/api/data/datasets/{dataset}:export", HandleAsync).WithOrder(-1).RequireAccess("data:export:{dataset}").ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(HttpContext context, string dataset, ItemExporter exporter)
    {
        if (!Read(context.Request, dataset).TryGet(out var request, out var error)) return error.ToProblem();
        var result = await exporter.ExportAsync(context.GetPrincipal(), request, WriteAsync, context.RequestAborted);
        if (!result.IsOk) return result.Error.ToProblem();
        Begin();
        return Results.Empty;

        async Task WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            Begin();
            await context.Response.BodyWriter.WriteAsync(bytes, context.RequestAborted);
        }

        void Begin()
        {
            if (context.Response.HasStarted) return;
            var isCsv = request.Format == Format.Csv;
            context.Response.ContentType = isCsv ? $"{CsvType}; charset=utf-8; header=present" : LinesType;
            context.Response.Headers.ContentDisposition = $"attachment; filename=\"{dataset}.{(isCsv ? "csv" : "jsonl")}\"";
            context.Response.Headers.CacheControl = "private, no-store";
        }
    }

    private static Result<ExportItemsRequest> Read(HttpRequest http, string dataset)
    {
        var request = new ExportItemsRequest { Dataset = dataset, Filter = (string?)http.Query["filter"] ?? "", IdField = Query(http, "idField", "id_field") };
        if (Query(http, "readMask", "read_mask") is { Length: > 0 } mask) request.ReadMask = new FieldMask { Paths = { mask.Split(',') } };
        switch (((string?)http.Query["format"])?.ToUpperInvariant())
        {
            case null or "":
                request.Format = IsCsvAccepted(http) ? Format.Csv : Format.Unspecified;
                break;
            case "CSV":
                request.Format = Format.Csv;
                break;
            case "JSONL" or "FORMAT_UNSPECIFIED":
                break;
            default:
                return new InvalidField("format", "expected csv or jsonl");
        }

        switch (Query(http, "escapeFormulas", "escape_formulas"))
        {
            case "" or "false":
                break;
            case "true":
                request.EscapeFormulas = true;
                break;
            default:
                return new InvalidField("escape_formulas", "expected true or false");
        }

        return request;
    }

    private static bool IsCsvAccepted(HttpRequest http) =>
        MediaTypeHeaderValue.TryParseList(http.Headers.Accept, out var types)
        && types.OrderByDescending(type => type.Quality ?? 1).FirstOrDefault(type => type.MediaType == CsvType || type.MediaType == LinesType)?.MediaType == CsvType;

    private static string Query(HttpRequest http, string name, string protoName) => (string?)http.Query[name] ?? (string?)http.Query[protoName] ?? "";
}
