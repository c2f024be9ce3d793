using System.Reflection;
using Google.Api;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client.Configuration;
using ServiceConfig = Grpc.Net.Client.Configuration.ServiceConfig;

namespace AiMesh.ServiceDefaults.Rpc;

/// <summary>
/// Retries where a second try cannot do harm: UNAVAILABLE says nothing about whether a call was carried out, so only methods that
/// the contract declares to be reads (HTTP GET, or <c>idempotency_level</c>) are tried again, three times in all.
/// </summary>
internal static class IdempotentRetries
{
    public static ServiceConfig? For(Type clientType)
    {
        // A generated client is nested in the class that holds the contract.
        if (clientType.DeclaringType?.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) is not ServiceDescriptor contract)
            return null;

        var reads = contract.Methods.Where(IsIdempotent).Select(static method => new MethodName { Service = method.Service.FullName, Method = method.Name }).ToList();
        if (reads.Count == 0) return null;

        var method = new MethodConfig
        {
            RetryPolicy = new RetryPolicy
            {
                MaxAttempts = 3,
                InitialBackoff = TimeSpan.FromMilliseconds(50),
                MaxBackoff = TimeSpan.FromSeconds(1),
                BackoffMultiplier = 4,
                RetryableStatusCodes = { StatusCode.Unavailable },
            },
        };
        foreach (var name in reads) method.Names.Add(name);
        return new ServiceConfig { MethodConfigs = { method } };
    }

    private static bool IsIdempotent(MethodDescriptor method)
    {
        if (method.IsClientStreaming || method.GetOptions() is not { } options) return false;
        return options.IdempotencyLevel is MethodOptions.Types.IdempotencyLevel.NoSideEffects or MethodOptions.Types.IdempotencyLevel.Idempotent
            || options.GetExtension(AnnotationsExtensions.Http)?.PatternCase == HttpRule.PatternOneofCase.Get;
    }
}
