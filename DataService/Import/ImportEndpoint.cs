using System.Text;
using AiMesh.Data.V1;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Google.Protobuf;
using Microsoft.Net.Http.Headers;

namespace AiMesh.DataService.Import;

/// <summary>
/// ImportItems over HTTP with a plain body: text/csv, application/x-ndjson, or application/json that is an array. A JSON object is the
/// request of the contract itself, so that this one endpoint stands for the transcoded one. Options of a plain body come as query
/// parameters skipInvalid, validateOnly and idField.
/// </summary>
internal static class ImportEndpoint
{
    private const string CsvType = "text/csv";
    private const string LinesType = "application/x-ndjson";
    private const string JsonType = "application/json";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    public static void MapImport(this IEndpointRouteBuilder endpoints)
    {
        // Before the transcoded endpoint of the same address.
        foreach (var path in (ReadOnlySpan<string>)["/api/data/datasets/{dataset}:import", "/api/data/datasets/{dataset}/items:import"])
            endpoints.MapPost(path, HandleAsync).WithOrder(-1).RequireAccess("data:import:{dataset}").ExcludeFromDescription();
    }

    private static async Task<IResult> HandleAsync(HttpContext context, string dataset, ItemImporter importer)
    {
        if (!(await ReadAsync(context.Request, dataset, context.RequestAborted)).TryGet(out var request, out var error)) return error.ToProblem();
        var result = await importer.ImportAsync(context.GetPrincipal(), request, context.RequestAborted);
        return result.Match(response => Results.Text(Formatter.Format(response), JsonType), failed => failed.ToProblem());
    }

    private static async Task<Result<ImportItemsRequest>> ReadAsync(HttpRequest http, string dataset, CancellationToken cancellationToken)
    {
        var type = MediaTypeHeaderValue.TryParse(http.ContentType, out var parsed) ? parsed.MediaType.Value?.ToLowerInvariant() : null;
        if (type is not (CsvType or LinesType or JsonType)) return new InvalidField("Content-Type", $"expected {CsvType}, {LinesType} or {JsonType}");
        string body;
        try
        {
            using var reader = new StreamReader(http.Body, Utf8);
            body = await reader.ReadToEndAsync(cancellationToken);
        }
        catch (DecoderFallbackException)
        {
            return new InvalidField("body", "expected UTF-8");
        }

        if (type == JsonType && !body.AsSpan().TrimStart("\uFEFF \t\r\n").StartsWith("[")) return Parse(body, dataset);
        var request = new ImportItemsRequest { Dataset = dataset, IdField = Query(http, "idField", "id_field") };
        if (type == CsvType) request.Csv = body;
        else request.Json = body;
        if (Flag(http, "skipInvalid", "skip_invalid") is not { } skip) return new InvalidField("skip_invalid", "expected true or false");
        if (Flag(http, "validateOnly", "validate_only") is not { } validate) return new InvalidField("validate_only", "expected true or false");
        (request.SkipInvalid, request.ValidateOnly) = (skip, validate);
        return request;
    }

    private static Result<ImportItemsRequest> Parse(string body, string dataset)
    {
        try
        {
            var request = JsonParser.Default.Parse<ImportItemsRequest>(body);
            request.Dataset = dataset;
            return request;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException)
        {
            return new InvalidField("body", "expected an ImportItemsRequest or an array of items as JSON");
        }
    }

    private static string Query(HttpRequest http, string name, string protoName) => (string?)http.Query[name] ?? (string?)http.Query[protoName] ?? "";

    private static bool? Flag(HttpRequest http, string name, string protoName) => Query(http, name, protoName) switch
    {
        "" or "false" => false,
        "true" => true,
        _ => null,
    };
}
