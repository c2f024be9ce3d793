using AiMesh.Gateway.Addresses;
using AiMesh.Gateway.Cors;
using AiMesh.Gateway.Limits;
using AiMesh.Gateway.Resilience;
using AiMesh.Gateway.Signatures;
using Yarp.ReverseProxy.Configuration;

namespace AiMesh.Gateway.Settings;

/// <summary>Everything that may change while the gateway runs, checked as a whole and used as a whole.</summary>
internal sealed record GatewaySettings(
    LimitGroups Limits,
    ResilienceOptions Resilience,
    AddressLists Addresses,
    CorsOptions Cors,
    SignatureKeys Signatures,
    IReadOnlyList<RouteConfig> Routes,
    IReadOnlyList<ClusterConfig> Clusters);
