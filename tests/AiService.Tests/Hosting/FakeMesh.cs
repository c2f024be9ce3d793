using System.Collections.Concurrent;
using System.Globalization;
using AiMesh.Data.V1;
using AiMesh.Iot.V1;
using AiMesh.Testing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiMesh.AiService.Tests.Hosting;

/// <summary>
/// A gRPC server that speaks the contracts of DataService (QueryItems) and IoTIngest (ListReadings, ListAlerts) over data given by a
/// test. What a caller sees is said by the token that arrives: its roles.
/// </summary>
public sealed class FakeMesh : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeMesh(WebApplication app, Datasets datasets, Devices devices, int port)
    {
        (_app, Data, Iot) = (app, datasets, devices);
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        Settings = new Dictionary<string, string?> { ["Services:data:grpc:0"] = address, ["Services:iot:grpc:0"] = address };
    }

    public Datasets Data { get; }

    public Devices Iot { get; }

    /// <summary>Lets a service find it.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; }

    public static async Task<FakeMesh> StartAsync()
    {
        var (datasets, devices, port) = (new Datasets(), new Devices(), FreePort.Next());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(datasets);
        builder.Services.AddSingleton(devices);
        var app = builder.Build();
        app.MapGrpcService<ItemsService>();
        app.MapGrpcService<ReadingsService>();
        app.MapGrpcService<AlertsService>();
        await app.StartAsync();
        return new FakeMesh(app, datasets, devices, port);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>Datasets by id: what a role sees of each.</summary>
    public sealed class Datasets
    {
        private readonly ConcurrentDictionary<(string Dataset, string Role), (Dataset Definition, List<Item> Items)> _visible = new();

        /// <summary>Authorization headers as they came.</summary>
        public ConcurrentQueue<string> Authorizations { get; } = new();

        /// <summary>Requests as they came.</summary>
        public ConcurrentQueue<QueryItemsRequest> Requests { get; } = new();

        public void Put(string dataset, string role, Dataset definition, IEnumerable<Item> items)
        {
            definition.Id = dataset;
            _visible[(dataset, role)] = (definition, [.. items]);
        }

        internal (Dataset Definition, List<Item> Items)? Of(string dataset, IEnumerable<string> roles)
        {
            foreach (var role in roles.Append("*"))
            {
                if (_visible.TryGetValue((dataset, role), out var visible)) return visible;
            }

            return null;
        }
    }

    public sealed class Devices
    {
        public ConcurrentDictionary<string, List<Reading>> Readings { get; } = new();

        public ConcurrentDictionary<string, List<Alert>> Alerts { get; } = new();
    }

    private sealed class ItemsService(Datasets datasets) : Items.ItemsBase
    {
        public override async Task QueryItems(QueryItemsRequest request, IServerStreamWriter<QueryItemsResponse> responseStream, ServerCallContext context)
        {
            var authorization = context.RequestHeaders.GetValue("authorization") ?? "";
            datasets.Authorizations.Enqueue(authorization);
            datasets.Requests.Enqueue(request);
            if (request.Filter.StartsWith('!')) throw new RpcException(new Status(StatusCode.InvalidArgument, "filter: a term is expected at 1"));
            if (datasets.Of(request.Dataset, TokenPeek.Roles(authorization)) is not { } visible) throw new RpcException(new Status(StatusCode.NotFound, "no such dataset"));

            var first = true;
            foreach (var batch in visible.Items.Take(request.Limit == 0 ? 10_000 : request.Limit).Chunk(500))
            {
                var message = new QueryItemsResponse { Dataset = first ? visible.Definition : null };
                message.Items.AddRange(batch);
                await responseStream.WriteAsync(message, context.CancellationToken);
                first = false;
            }

            await responseStream.WriteAsync(
                new QueryItemsResponse { Dataset = first ? visible.Definition : null, Truncated = visible.Items.Count > (request.Limit == 0 ? 10_000 : request.Limit) }, context.CancellationToken);
        }
    }

    private sealed class ReadingsService(Devices devices) : Readings.ReadingsBase
    {
        public override Task<ListReadingsResponse> ListReadings(ListReadingsRequest request, ServerCallContext context)
        {
            if (!devices.Readings.TryGetValue(request.Device, out var readings)) throw new RpcException(new Status(StatusCode.NotFound, "no such device"));
            var response = new ListReadingsResponse();
            response.Readings.AddRange(readings.Take(request.PageSize));
            return Task.FromResult(response);
        }
    }

    private sealed class AlertsService(Devices devices) : Alerts.AlertsBase
    {
        public override Task<ListAlertsResponse> ListAlerts(ListAlertsRequest request, ServerCallContext context)
        {
            var response = new ListAlertsResponse();
            response.Alerts.AddRange(devices.Alerts.TryGetValue(request.Device, out var alerts) ? alerts : []);
            return Task.FromResult(response);
        }
    }
}
