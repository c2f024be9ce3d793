using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using AiMesh.Common.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using RpcStatus = Google.Rpc.Status;

namespace AiMesh.ServiceDefaults.Errors;

/// <summary>An error as problem details of RFC 9457: the one shape of every HTTP error of the mesh.</summary>
public sealed record ProblemJson
{
    /// <summary>The media type.</summary>
    public const string ContentType = "application/problem+json";

    private const string TypePrefix = "https://aimesh/errors/";

    /// <summary>Leaves quotes and non-ASCII letters readable; the answer is never part of an HTML page.</summary>
    private static readonly ProblemJsonContext Readable = new(new JsonSerializerOptions(ProblemJsonContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>Identifies the kind of problem: "https://aimesh/errors/" and the reason in lower-kebab case.</summary>
    public required string Type { get; init; }

    /// <summary>The kind of problem in words.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>What happened this time.</summary>
    public required string Detail { get; init; }

    /// <summary>The path that was requested; null where there is none.</summary>
    public string? Instance { get; init; }

    /// <summary>The reason, UPPER_SNAKE.</summary>
    public required string Reason { get; init; }

    /// <summary>The fields that are wrong; null where it is not about fields.</summary>
    public ImmutableArray<FieldViolation>? Errors { get; init; }

    /// <summary>Further facts for programs; null where there are none.</summary>
    public ImmutableDictionary<string, string>? Metadata { get; init; }

    /// <summary>Names the trace in which the logs of all services are found.</summary>
    public string? TraceId { get; init; }

    /// <summary>For the header <c>Retry-After</c>.</summary>
    [JsonIgnore]
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The problem that a gRPC status means, with whatever details it carries.</summary>
    /// <param name="status">The status; not OK.</param>
    /// <param name="instance">The path that was requested.</param>
    public static ProblemJson FromStatus(RpcStatus status, string? instance = null)
    {
        ArgumentNullException.ThrowIfNull(status);
        var info = status.Detail<ErrorInfo>();
        var reason = info is { Reason.Length: > 0 } ? info.Reason : ReasonOf(status.Code);
        var fields = status.Detail<BadRequest>()?.FieldViolations;
        return new ProblemJson
        {
            Type = TypePrefix + reason.ToLowerInvariant().Replace('_', '-'),
            Title = Sentence(reason),
            Status = HttpStatusTable.ToHttp((StatusCode)status.Code, reason),
            Detail = status.Message.Length > 0 ? status.Message : $"{Sentence(reason)}.",
            Instance = instance,
            Reason = reason,
            Errors = fields is { Count: > 0 } ? [.. fields.Select(static field => new FieldViolation(field.Field, field.Description))] : null,
            Metadata = info is { Metadata.Count: > 0 } ? info.Metadata.ToImmutableDictionary() : null,
            RetryAfter = status.Detail<RetryInfo>()?.RetryDelay?.ToTimeSpan(),
            TraceId = CurrentTraceId,
        };
    }

    /// <summary>The problem that an HTTP status without a body means.</summary>
    /// <param name="httpStatus">400 to 599.</param>
    /// <param name="reason">UPPER_SNAKE.</param>
    /// <param name="detail">One sentence.</param>
    /// <param name="instance">The path that was requested.</param>
    public static ProblemJson FromHttp(int httpStatus, string reason, string detail, string? instance = null)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return new ProblemJson
        {
            Type = TypePrefix + reason.ToLowerInvariant().Replace('_', '-'),
            Title = Sentence(reason),
            Status = httpStatus,
            Detail = detail,
            Instance = instance,
            Reason = reason,
            TraceId = CurrentTraceId,
        };
    }

    /// <summary>Writes this problem as the whole answer. The response must not have started.</summary>
    public async Task WriteAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(response);
        var body = ToJson();
        response.StatusCode = Status;
        response.ContentType = ContentType;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        if (RetryAfter is { } delay) response.Headers.RetryAfter = FormattableString.Invariant($"{Math.Max(1, (long)Math.Ceiling(delay.TotalSeconds))}");
        if (Status == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = Reason == "CREDENTIAL_MISSING" ? "Bearer" : "Bearer error=\"invalid_token\"";
        if (!HttpMethods.IsHead(response.HttpContext.Request.Method)) await response.Body.WriteAsync(body, cancellationToken);
    }

    /// <summary>This problem as UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Readable.ProblemJson);

    internal static string? CurrentTraceId => Activity.Current?.TraceId.ToHexString();

    internal static string ReasonOf(int code) =>
        Enum.IsDefined((StatusCode)code) ? JsonNamingPolicy.SnakeCaseUpper.ConvertName(((StatusCode)code).ToString()) : "UNKNOWN";

    private static string Sentence(string reason) =>
        reason.Length == 0 ? "Unknown" : $"{char.ToUpperInvariant(reason[0])}{reason[1..].ToLowerInvariant().Replace('_', ' ')}";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProblemJson))]
internal sealed partial class ProblemJsonContext : JsonSerializerContext;
