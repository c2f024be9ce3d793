using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace AiMesh.AiService.Providers.OpenAi;

/// <summary>Reads what went wrong out of an answer: status, code and when to come again, and no free text.</summary>
internal sealed partial class OpenAiErrors(TimeProvider time)
{
    private const int LongestBody = 64 * 1024;

    public async Task<ProviderException> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var code = await CodeAsync(response, cancellationToken);
        return new ProviderException(FailureOf((int)response.StatusCode, code), (int)response.StatusCode, RetryAfter(response), code);
    }

    /// <summary>Of an error object inside a stream that began well.</summary>
    public static ProviderException OfChunk(JsonElement error)
    {
        var code = Code(error);
        return new ProviderException(code is null ? ProviderFailure.Server : FailureOf((int)HttpStatusCode.InternalServerError, code), code: code);
    }

    private static ProviderFailure FailureOf(int status, string? code) => status switch
    {
        429 => ProviderFailure.RateLimited,
        401 or 403 => ProviderFailure.Unauthorised,
        404 => ProviderFailure.NoSuchModel,
        408 or 409 => ProviderFailure.Server,
        >= 400 and < 500 => ProviderFailure.Refused,
        _ => code is "rate_limit_exceeded" or "insufficient_quota" ? ProviderFailure.RateLimited : ProviderFailure.Server,
    };

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        if (response.Headers.TryGetValues("retry-after-ms", out var values)
            && double.TryParse(values.FirstOrDefault(), NumberStyles.Float, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds is >= 0 and <= 86_400_000)
        {
            return TimeSpan.FromMilliseconds(milliseconds);
        }

        var after = response.Headers.RetryAfter;
        var delay = after?.Delta ?? (after?.Date is { } date ? date - time.GetUtcNow() : null);
        return delay is null ? null : delay < TimeSpan.Zero ? TimeSpan.Zero : delay;
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[LongestBody];
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            using var body = JsonDocument.Parse(buffer.AsMemory(0, length));
            return body.RootElement.ValueKind is JsonValueKind.Object && body.RootElement.TryGetProperty("error", out var error) ? Code(error) : null;
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException or IOException)
        {
            // The status says enough; bodies of proxies are HTML or nothing.
            return null;
        }
    }

    private static string? Code(JsonElement error)
    {
        if (error.ValueKind is not JsonValueKind.Object) return null;
        foreach (var name in new[] { "code", "type" })
        {
            if (error.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String && Identifier().IsMatch(value.GetString()!))
                return value.GetString();
        }

        return null;
    }

    // Codes are identifiers; anything else may be a text that quotes a key.
    [GeneratedRegex(@"^[a-z][a-z0-9_]{2,48}\z", RegexOptions.None, 1000)]
    private static partial Regex Identifier();
}
