using System.Security.Cryptography;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.Gateway.Signatures;

/// <summary>Checks the signature of one request. Every refusal is a sentence that helps who writes a client; none tells what would have been right.</summary>
internal sealed class SignatureVerifier(NonceStore nonces, TimeProvider time)
{
    private const int MaxBufferedInMemory = 1024 * 1024;
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    /// <returns>What is wrong; null when nothing is.</returns>
    public async ValueTask<string?> FindFaultAsync(HttpContext context, SignatureKeys keys, Principal principal)
    {
        var request = context.Request;
        if (request.Headers["Signature-Input"] is not [{ } inputText] || request.Headers["Signature"] is not [{ } signatureText]
            || SignatureInput.Parse(inputText, signatureText) is not { } input)
        {
            return "Send exactly one signature in Signature-Input and Signature.";
        }

        if (input.KeyId is not { } keyId || keys.Find(keyId) is not { } key || !key.BelongsTo(principal))
            return "The key id is not one of this caller.";
        if (input.Algorithm is not (null or "hmac-sha256"))
            return "The algorithm must be hmac-sha256.";
        if (MissingCover(request, input) is { } missing)
            return $"The signature must cover {missing}.";
        if (FindFaultInTime(input, keys.Window) is { } late)
            return late;
        if (input.Nonce is not { Length: >= 8 and <= 128 } nonce)
            return "The signature needs a nonce of 8 to 128 characters.";
        if (SignatureBase.Build(request, input) is not { } signed || !CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(key.Secret, signed), input.Value))
            return "The signature does not match the request.";
        if (input.Components.Contains("content-digest") && !await IsDigestOfBodyAsync(request, context.RequestAborted))
            return "Content-Digest does not match the body.";
        return await nonces.TryUseAsync(keyId, nonce, keys.Window + ClockSkew + ClockSkew) ? null : "This signature was used before.";
    }

    private static string? MissingCover(HttpRequest request, SignatureInput input)
    {
        if (!input.Components.Contains("@method"))
            return "@method";
        var isTargetCovered = input.Components.Contains("@target-uri") || input.Components.Contains("@request-target")
            || (input.Components.Contains("@path") && (!request.QueryString.HasValue || input.Components.Contains("@query")));
        if (!isTargetCovered)
            return "@target-uri, or @path and @query";
        var hasBody = request.ContentLength is > 0 || request.Headers.TransferEncoding.Count > 0 || (request.ContentLength is null && !HttpProtocol.IsHttp11(request.Protocol) && !HttpMethods.IsGet(request.Method));
        return hasBody && !input.Components.Contains("content-digest") ? "content-digest" : null;
    }

    private string? FindFaultInTime(SignatureInput input, TimeSpan window)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        if (input.Created is not { } created || created > now + ClockSkew.TotalSeconds || created < now - window.TotalSeconds - ClockSkew.TotalSeconds)
            return $"created must be a time within the last {window.TotalSeconds:0} s.";
        return input.Expires < now ? "The signature has expired." : null;
    }

    /// <summary>https://www.rfc-editor.org/rfc/rfc9530#section-2, sha-256 only. Reads the body, and rewinds it for the service.</summary>
    private static async Task<bool> IsDigestOfBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        request.EnableBuffering(MaxBufferedInMemory);
        var hash = await SHA256.HashDataAsync(request.Body, cancellationToken);
        request.Body.Position = 0;
        return request.Headers["Content-Digest"] is [{ } digest] && digest == $"sha-256=:{Convert.ToBase64String(hash)}:";
    }
}
