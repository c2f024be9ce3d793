using AiMesh.AiService.Providers;
using AiMesh.AiService.Providers.OpenAi;
using AiMesh.AiService.Routing;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Hosting;

internal static class ProvidersRegistration
{
    public static void AddProviders(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<ProvidersOptions>().BindConfiguration(ProviderOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<ProvidersOptions>, ProvidersOptionsValidator>();
        builder.Services.AddSingleton(static services =>
        {
            var time = services.GetRequiredService<TimeProvider>();
            var currency = services.GetRequiredService<IOptions<RoutingOptions>>().Value.Currency;
            var configured = services.GetRequiredService<IOptions<ProvidersOptions>>().Value.Where(p => p.Value.Enabled);
            return new ProviderCatalog([LocalProvider.Create(time, currency), .. configured.Select(p => Create(p.Key, p.Value, currency, time))]);
        });
    }

    private static Provider Create(string name, ProviderOptions options, string currency, TimeProvider time) => new(
        name,
        new OpenAiChatClient(options.BaseUrl!, options.ApiKey, options.MaxTokensField, time),
        [.. options.Models.Select(m => Create(name, m, currency))],
        LeavesTheMesh: !options.StaysInTheMesh)
    {
        FirstTokenTimeout = options.FirstTokenTimeout,
        IdleTimeout = options.IdleTimeout,
    };

    private static Model Create(string provider, ModelOptions options, string currency) => new()
    {
        Provider = provider,
        Name = options.Name,
        ContextLength = options.ContextLength,
        MaxOutputTokens = options.MaxOutputTokens,
        Capabilities = options.Capabilities.Count == 0 ? [Model.Streaming] : [.. options.Capabilities],
        Prices = new Prices(currency, options.InputPrice, options.CachedInputPrice ?? options.InputPrice, options.OutputPrice),
        Quality = options.Quality,
    };
}
