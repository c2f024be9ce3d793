using System.Net;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.ServiceDefaults.Permissions.Policies;

/// <summary>What a policy may know of a call: who, what, from where, when.</summary>
/// <param name="Principal">Who calls.</param>
/// <param name="Permission">What the call takes, for example "data:read:surveys"; a segment "*" that is asked for stands for all.</param>
/// <param name="Address">The client's address as <see cref="Policy.AddressRange.Plain"/> writes it; null: not known.</param>
/// <param name="Now">When.</param>
public sealed record AccessRequest(Principal Principal, string Permission, IPAddress? Address, DateTimeOffset Now);
