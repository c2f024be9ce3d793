using System.Collections.Frozen;
using System.Reflection;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace AiMesh.ServiceDefaults.Permissions;

/// <summary>
/// The access declarations of all RPCs that this host serves, read once when services are mapped. What is wrong with any of them
/// is collected, and the start fails with all of it.
/// </summary>
internal sealed class AccessRules
{
    private const string HealthService = "/grpc.health.v1.Health/";
    private const string ReflectionServices = "/grpc.reflection.";

    private static readonly AccessRule Infrastructure = new(AccessRequirement<Google.Protobuf.IMessage?>.Anyone(), IsPlanned: false);

    private readonly Dictionary<string, AccessRule> _collected = new(StringComparer.Ordinal);
    private readonly List<string> _problems = [];
    private FrozenDictionary<string, AccessRule>? _rules;

    /// <summary>Everything that is wrong, one line each.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Reads the contract of a gRPC service and compares what it promises with what the class serves.</summary>
    public void Add(Type serviceType)
    {
        if (FindBinding(serviceType) is not { } binding)
        {
            _problems.Add($"{serviceType.Name}: does not derive from the base class of a gRPC contract");
            return;
        }

        foreach (var method in binding.Contract.Methods)
        {
            var name = $"/{method.Service.FullName}/{method.Name}";
            if (AccessRule.TryRead(method, out var problem) is not { } rule)
            {
                _problems.Add($"{name}: {problem}");
                continue;
            }

            _collected[name] = rule;
            var isServed = IsOverridden(serviceType, binding.BaseType, method.Name);
            if (rule.IsPlanned && isServed) _problems.Add($"{name}: is served by {serviceType.Name} but still marked as planned");
            if (!rule.IsPlanned && !isServed) _problems.Add($"{name}: is not marked as planned but not served by {serviceType.Name}");
        }

        _rules = null;
    }

    /// <summary>The rule of a method ("/package.Service/Method"); null when nothing was declared, which must be refused.</summary>
    public AccessRule? Find(string method)
    {
        _rules ??= _collected.ToFrozenDictionary(StringComparer.Ordinal);
        if (_rules.TryGetValue(method, out var rule)) return rule;
        return IsInfrastructure(method) ? Infrastructure : null;
    }

    /// <summary>Probes and reflection are the framework's: they tell no data, and reflection is mapped in Development only.</summary>
    public static bool IsInfrastructure(string method) =>
        method.StartsWith(HealthService, StringComparison.Ordinal) || method.StartsWith(ReflectionServices, StringComparison.Ordinal);

    private static (Type BaseType, ServiceDescriptor Contract)? FindBinding(Type serviceType)
    {
        for (var type = serviceType; type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is not { } attribute) continue;
            return attribute.BindType.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) is ServiceDescriptor contract
                ? (type, contract)
                : null;
        }

        return null;
    }

    private static bool IsOverridden(Type serviceType, Type baseType, string method) =>
        serviceType.GetMethods(BindingFlags.Public | BindingFlags.Instance)
            .Any(candidate => candidate.Name == method
                && candidate.GetBaseDefinition().DeclaringType == baseType
                && candidate.DeclaringType != baseType);
}
