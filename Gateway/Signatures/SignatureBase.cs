using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace AiMesh.Gateway.Signatures;

/// <summary>The text that is signed: https://www.rfc-editor.org/rfc/rfc9421#section-2.5.</summary>
internal static class SignatureBase
{
    /// <summary>Null when a component is covered that the request does not have or that is not known here.</summary>
    public static byte[]? Build(HttpRequest request, SignatureInput input)
    {
        var text = new StringBuilder();
        foreach (var component in input.Components)
        {
            if (ValueOf(request, component) is not { } value)
                return null;
            text.Append('"').Append(component).Append("\": ").Append(value).Append('\n');
        }

        text.Append("\"@signature-params\": ").Append(input.Raw);
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static string? ValueOf(HttpRequest request, string component)
    {
        // As it came over the wire: decoding would make different targets look alike.
        var target = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return component switch
        {
            "@method" => request.Method,
            "@authority" => request.Host.Value?.ToLowerInvariant(),
            "@scheme" => request.Scheme,
            "@target-uri" => $"{request.Scheme}://{request.Host.Value?.ToLowerInvariant()}{target}",
            "@request-target" => target,
            "@path" => query < 0 ? target : target[..query],
            "@query" => query < 0 ? "?" : target[query..],
            ['@', ..] => null,
            _ => request.Headers.TryGetValue(component, out var values)
                ? string.Join(", ", values.Select(static value => (value ?? "").Trim()))
                : null,
        };
    }
}
