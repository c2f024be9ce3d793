using System.Diagnostics.CodeAnalysis;
using Polly;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Keeps methods from being retried that a service may not stand twice.</summary>
[Experimental("EXTEXP0001", UrlFormat = "https://aka.ms/dotnet-extensions-warnings/{0}")]
public static class HttpRetryStrategyOptionsExtensions
{
    /// <summary>No retry for DELETE, POST, PUT, CONNECT and PATCH.</summary>
    public static void DisableForUnsafeHttpMethods(this HttpRetryStrategyOptions options)
        => options.DisableFor(HttpMethod.Delete, HttpMethod.Post, HttpMethod.Put, HttpMethod.Connect, HttpMethod.Patch);

    /// <summary>No retry for these methods.</summary>
    public static void DisableFor(this HttpRetryStrategyOptions options, params HttpMethod[] methods)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(methods);
        if (methods.Length == 0)
        {
            throw new ArgumentException("Collection is empty.", nameof(methods));
        }

        var shouldHandle = options.ShouldHandle;
        options.ShouldHandle = async args =>
        {
            var request = args.Outcome.Result?.RequestMessage ?? args.Context.GetRequestMessage();
            return (request is null || !methods.Contains(request.Method)) && await shouldHandle(args);
        };
    }
}
