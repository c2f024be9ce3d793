using System.Net;

namespace AiMesh.StandIns.Tests.Clients.Discovery;

/// <summary>Answers every request with 200 and keeps the addresses it was sent to.</summary>
internal sealed class RecordingHandler : HttpMessageHandler
{
    public List<Uri> Requests { get; } = [];

    public List<string?> Hosts { get; } = [];

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        lock (Requests)
        {
            Requests.Add(request.RequestUri!);
            Hosts.Add(request.Headers.Host);
        }

        return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));
    }
}
