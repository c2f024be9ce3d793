using System.Reflection;
using AiMesh.Common.V1;
using Google.Api;
using Google.Protobuf.Reflection;

namespace AiMesh.Mesh.Tests.Authorization;

/// <summary>One RPC, as the compiled contract has it. Who may call it is not read from there.</summary>
public sealed record ContractCall(MethodDescriptor Method)
{
    /// <summary>Every RPC of every proto.</summary>
    public static IReadOnlyList<ContractCall> All { get; } =
    [
        .. typeof(Access).Assembly.GetExportedTypes()
            .Select(static type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null))
            .OfType<FileDescriptor>()
            .SelectMany(static file => file.Services)
            .SelectMany(static service => service.Methods)
            .Select(static method => new ContractCall(method))
            .OrderBy(static call => call.Name, StringComparer.Ordinal),
    ];

    /// <summary>"auth.Users/GetUser".</summary>
    public string Name => $"{Service}.{Method.Service.Name}/{Method.Name}";

    /// <summary>Name of the mesh service that serves it: "auth"; "common" for what several serve each other.</summary>
    public string Service => Method.Service.File.Package.Split('.')[1];

    /// <summary>Not routed by the gateway, and refused at a service before anybody's credential is looked at.</summary>
    public bool IsAmongServices => Service == "common";

    /// <summary>Goes on until the caller has enough.</summary>
    public bool IsEndless => Method.Name.StartsWith("Watch", StringComparison.Ordinal);

    /// <summary>In the contract, but nobody serves it yet: to everybody it may be as if it were not there.</summary>
    public bool IsPlanned => Method.GetOptions()?.GetExtension(AccessExtensions.Stage) == Stage.Planned;

    public IReadOnlyList<RestRoute> Routes
    {
        get
        {
            var options = Method.GetOptions();
            if (options is null || !options.HasExtension(AnnotationsExtensions.Http))
                return [];
            var rule = options.GetExtension(AnnotationsExtensions.Http);
            return [RestRoute.Of(rule), .. rule.AdditionalBindings.Select(RestRoute.Of)];
        }
    }

    public override string ToString() => Name;
}

/// <param name="Verb">"GET".</param>
/// <param name="Template">"/api/auth/users/{user}".</param>
/// <param name="Body">"*", the field that is the body, or empty.</param>
public sealed record RestRoute(string Verb, string Template, string Body)
{
    public static RestRoute Of(HttpRule rule) => rule.PatternCase switch
    {
        HttpRule.PatternOneofCase.Get => new RestRoute("GET", rule.Get, rule.Body),
        HttpRule.PatternOneofCase.Post => new RestRoute("POST", rule.Post, rule.Body),
        HttpRule.PatternOneofCase.Put => new RestRoute("PUT", rule.Put, rule.Body),
        HttpRule.PatternOneofCase.Patch => new RestRoute("PATCH", rule.Patch, rule.Body),
        HttpRule.PatternOneofCase.Delete => new RestRoute("DELETE", rule.Delete, rule.Body),
        _ => throw new NotSupportedException($"A binding of the kind {rule.PatternCase}."),
    };

    public override string ToString() => $"{Verb} {Template}";
}
