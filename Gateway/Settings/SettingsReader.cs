using AiMesh.Gateway.Addresses;
using AiMesh.Gateway.Cors;
using AiMesh.Gateway.Limits;
using AiMesh.Gateway.Resilience;
using AiMesh.Gateway.Signatures;
using Yarp.ReverseProxy.Configuration;

namespace AiMesh.Gateway.Settings;

/// <summary>Reads and checks the configuration; what is wrong is reported completely, not up to the first error.</summary>
internal sealed class SettingsReader(IConfiguration configuration, SettingsFiles files, IConfigValidator validator)
{
    public (GatewaySettings Settings, IReadOnlyList<string> Errors) Read()
    {
        List<string> errors = [.. files.Broken()];
        var limits = StrictBinder.Bind<LimitGroups>(configuration, LimitGroups.Section, errors);
        errors.AddRange(LimitOptionsValidator.Check(limits));
        var resilience = StrictBinder.Bind<ResilienceOptions>(configuration, ResilienceOptions.Section, errors);
        errors.AddRange(ResilienceOptions.Check(resilience));
        var addresses = AddressLists.Create(StrictBinder.Bind<AddressOptions>(configuration, AddressOptions.Section, errors), errors);
        var cors = StrictBinder.Bind<CorsOptions>(configuration, CorsOptions.Section, errors);
        errors.AddRange(CorsOptions.Check(cors));
        var signatures = SignatureKeys.Create(StrictBinder.Bind<SignatureOptions>(configuration, SignatureOptions.Section, errors), errors);
        var (routes, clusters) = new ProxySection(configuration.GetSection("ReverseProxy"), validator).Read(errors);
        return (new GatewaySettings(limits, resilience, addresses, cors, signatures, routes, clusters), errors);
    }
}
