using System.Net;
using System.Text.RegularExpressions;
using Grpc.Core;

namespace AiMesh.Mesh.Tests.Authorization;

/// <summary>What became of a call, in one form for gRPC and REST.</summary>
/// <param name="Code">For REST the code that the HTTP status stands for.</param>
/// <param name="Text">The error as the caller reads it.</param>
/// <param name="Body">All bytes of the answer, one character each.</param>
public sealed partial record Outcome(StatusCode Code, string Text, string Body)
{
    /// <summary>An endless answer that the caller left.</summary>
    public static Outcome Open { get; } = new(StatusCode.OK, "", "");

    public bool IsRefused => Code is StatusCode.Unauthenticated or StatusCode.PermissionDenied;

    /// <summary>Says nothing about access: the connection broke, a replica was not ready, or Kestrel wants fewer streams at once than are refused here in a row.</summary>
    public bool IsOutage => Code == StatusCode.Unavailable || (Code == StatusCode.ResourceExhausted && Text.Contains("ENHANCE_YOUR_CALM", StringComparison.Ordinal));

    public static Outcome OfHttp(HttpStatusCode status, string body)
    {
        var code = status switch
        {
            HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
            HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
            HttpStatusCode.NotFound => StatusCode.NotFound,
            HttpStatusCode.BadRequest => StatusCode.InvalidArgument,
            HttpStatusCode.NotImplemented => StatusCode.Unimplemented,
            HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable => StatusCode.Unavailable,
            _ => (int)status < 300 ? StatusCode.OK : StatusCode.Unknown,
        };
        return new Outcome(code, (int)status < 300 ? "" : $"{(int)status} {body}", body);
    }

    /// <summary>What is told, without what differs from call to call anyway.</summary>
    public string Told => $"{Code} {Varying().Replace(Text, "")}";

    [GeneratedRegex("\"(traceId|instance)\":\\s*\"[^\"]*\"")]
    private static partial Regex Varying();
}
