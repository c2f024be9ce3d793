using System.Net;

namespace AiMesh.AuthService.Tests.ExternalSignIn;

/// <summary>A browser: keeps cookies, and follows redirects as far as it is told to.</summary>
internal sealed class Browser : IDisposable
{
    private const int MaxRedirects = 20;

    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() });

    public Task<HttpResponseMessage> GetAsync(Uri address) => _client.GetAsync(address);

    /// <summary>Follows redirects until an answer is none.</summary>
    public async Task<HttpResponseMessage> FollowAsync(Uri address)
    {
        for (var i = 0; i < MaxRedirects; i++)
        {
            var answer = await _client.GetAsync(address);
            if (answer.Headers.Location is not { } next) return answer;
            address = new Uri(address, next);
            answer.Dispose();
        }

        throw new InvalidOperationException("The redirects have no end.");
    }

    /// <summary>Follows redirects until the next would go to an address that begins so, and tells which.</summary>
    public async Task<Uri> FollowToAsync(Uri address, string start)
    {
        for (var i = 0; i < MaxRedirects; i++)
        {
            using var answer = await _client.GetAsync(address);
            if (answer.Headers.Location is not { } next)
                throw new InvalidOperationException($"{address} answers {answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
            address = new Uri(address, next);
            if (address.AbsoluteUri.StartsWith(start, StringComparison.Ordinal)) return address;
        }

        throw new InvalidOperationException("The redirects have no end.");
    }

    public void Dispose() => _client.Dispose();
}
