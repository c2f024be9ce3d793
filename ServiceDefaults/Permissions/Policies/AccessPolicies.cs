using System.Net;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.Extensions.Logging;

namespace AiMesh.ServiceDefaults.Permissions.Policies;

/// <summary>
/// The policies of all organisations, compiled. Fed by <see cref="AccessPolicyPoller"/>, or directly where the host is the authority. Until they were
/// loaded, and when nobody confirmed them for <see cref="MaxAge"/>, everything that takes a permission is refused. Safe for concurrent use.
/// </summary>
public sealed partial class AccessPolicies(TimeProvider time, ILogger<AccessPolicies> logger)
{
    /// <summary>
    /// How long policies count that nobody confirms: as long as an access token lives at most. When the authority is away, tokens end by then anyway; when
    /// only its policies are, this keeps new tokens from being used under old ones for ever.
    /// </summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(16);

    private const string OfTheMesh = "mesh:";

    private readonly Lock _writing = new();
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Never changed once it is here, so that readers need no lock.
    private Dictionary<string, OrganisationPolicies> _current = new(StringComparer.Ordinal);
    private Dictionary<string, OrganisationPolicies>? _pending;
    private long _sequence;
    private long _confirmed;

    /// <summary>The number of the last change that was taken over.</summary>
    public long Sequence => Volatile.Read(ref _sequence);

    /// <summary>Ends when all policies were loaded for the first time.</summary>
    public Task Loaded => _loaded.Task;

    /// <summary>How long ago the policies were confirmed; null until they were loaded.</summary>
    public TimeSpan? Age => _loaded.Task.IsCompleted ? time.GetElapsedTime(Volatile.Read(ref _confirmed)) : null;

    /// <summary>Whether decisions can be made.</summary>
    public bool IsUsable => Age <= MaxAge;

    /// <summary>Takes over an answer of the authority.</summary>
    /// <param name="after">The number that was asked with. With 0 the answer, together with those that continue it, replaces everything that was known.</param>
    /// <param name="document">The answer.</param>
    public void Apply(long after, AccessPolicyDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        lock (_writing)
        {
            if (after == 0) _pending = new(StringComparer.Ordinal);
            if (!document.Organisations.IsEmpty) _pending ??= new(_current, StringComparer.Ordinal);
            foreach (var set in document.Organisations)
            {
                if (set.Policies.IsEmpty) _pending!.Remove(set.Organisation);
                else _pending![set.Organisation] = Compile(set);
            }

            Volatile.Write(ref _sequence, document.Sequence);
            if (document.More) return;
            if (_pending is { } complete) Volatile.Write(ref _current, complete);
            _pending = null;
            Volatile.Write(ref _confirmed, time.GetTimestamp());
        }

        _loaded.TrySetResult();
    }

    /// <summary>Whether an organisation has policies, so that what its people may do depends on more than their roles.</summary>
    public bool Concern(string organisation) => !IsUsable || Volatile.Read(ref _current).ContainsKey(organisation);

    /// <summary>
    /// The caller as policies narrow them: from here on <see cref="Principal.Allows"/> is true only where roles and policies agree. The same instance where no
    /// policy concerns the organisation. Devices hold no permissions that could be narrowed.
    /// </summary>
    /// <param name="principal">The caller.</param>
    /// <param name="address">The client's address, where known.</param>
    public Principal Bind(Principal principal, IPAddress? address)
    {
        ArgumentNullException.ThrowIfNull(principal);
        return principal.Kind is PrincipalKind.Anonymous or PrincipalKind.Device || !Concern(principal.Organisation)
            ? principal
            : principal with { Guard = new PolicyGuard(this, principal, address) };
    }

    /// <summary>What the caller of a call that roles allow is told, or null when policies let it pass as well.</summary>
    internal MeshError? Check(Principal principal, ReadOnlySpan<char> permission, IPAddress? address)
    {
        // What services ask of each other (exporting and erasing a person) is the mesh's own duty, which no organisation may narrow by "*".
        if (permission.StartsWith(OfTheMesh, StringComparison.Ordinal)) return null;
        if (!IsUsable) return new Unavailable("the authority that publishes access policies");
        if (!Volatile.Read(ref _current).TryGetValue(principal.Organisation, out var policies)) return null;
        return policies.FindRefusal(principal, permission, address, time) is { } refusing
            ? new DeniedByPolicy(permission.ToString(), principal.Permissions.Allows(DeniedByPolicy.MaySeeNames) ? refusing.Policy.Name : null)
            : null;
    }

    private OrganisationPolicies Compile(PolicySet set) => new(set.Policies.Select(policy =>
    {
        var compiled = CompiledAccessPolicy.Load(policy, out var problem);
        if (problem is not null) Log.NotUnderstood(logger, policy.Name, set.Organisation, problem.Message);
        return compiled;
    }));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The policy '{Policy}' of {Organisation} is not understood here and refuses everything that it targets: {Problem}")]
        public static partial void NotUnderstood(ILogger logger, string policy, string organisation, string problem);
    }
}
