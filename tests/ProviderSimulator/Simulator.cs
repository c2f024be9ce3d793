using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace AiMesh.ProviderSimulator;

/// <summary>The simulator inside a test, on a free port of loopback.</summary>
public sealed class Simulator : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Simulator(WebApplication app, SimulatorState state)
    {
        _app = app;
        State = state;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public SimulatorState State { get; }

    public Uri Address { get; }

    /// <summary>Where clients call it.</summary>
    public Uri BaseUrl => new(Address, "/v1");

    public static async Task<Simulator> StartAsync(string? key = null)
    {
        var state = new SimulatorState { Key = key };
        var app = SimulatorApp.Create(["--urls", "http://127.0.0.1:0"], state);
        await app.StartAsync();
        return new Simulator(app, state);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
