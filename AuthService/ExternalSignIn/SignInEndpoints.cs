using AiMesh.AuthService.Sessions;
using AiMesh.ServiceDefaults.Errors;
using Google.Protobuf;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.ExternalSignIn;

/// <summary>The two addresses that browsers go to; the contract's external_sign_in.proto says what they do.</summary>
internal static class SignInEndpoints
{
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(SignInPaths.Start, StartAsync);
        endpoints.MapGet(SignInPaths.Complete, CompleteAsync);
    }

    private static async Task<IResult> StartAsync(
        HttpContext context, string organisation, string provider, SignInStart start, PublicAddress address, IOptions<ExternalSignInOptions> options)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (address.Of(context) is not { } publicAddress) return new NoPublicAddress().ToProblem();
        if (!TryRead(context, "return_to", out var returnTo)) return Twice("return_to");
        if (!TryRead(context, "code_challenge", out var challenge)) return Twice("code_challenge");

        var browser = BrowserCookie.Ensure(context, publicAddress, options.Value.StateLifetime);
        var begun = await start.BeginAsync(new StartRequest(organisation, provider, publicAddress, browser, returnTo, challenge), context.RequestAborted);
        return begun.TryGet(out var location, out var error) ? Results.Redirect(location) : error.ToProblem();
    }

    private static async Task<IResult> CompleteAsync(
        HttpContext context, string organisation, string provider, SignInCallback callback, PublicAddress address, ClientAddress addresses)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (address.Of(context) is not { } publicAddress) return new NoPublicAddress().ToProblem();
        if (!TryRead(context, "state", out var state)) return Twice("state");
        if (!TryRead(context, "code", out var code)) return Twice("code");
        if (!TryRead(context, "iss", out var issuer)) return Twice("iss");
        if (!TryRead(context, "error", out var refusal)) return Twice("error");

        var (returnTo, result) = await callback.CompleteAsync(
            new CallbackRequest
            {
                Organisation = organisation,
                Provider = provider,
                State = state,
                Code = code,
                Issuer = issuer,
                Error = refusal,
                Browser = BrowserCookie.Read(context, publicAddress),
                Address = addresses.Of(context),
            },
            context.RequestAborted);
        AuthDiagnostics.CountSignIn(result);
        return returnTo is null ? Answer(result) : SendOn(returnTo, result);
    }

    private static IResult Answer(Result<SignedIn> result) => result.TryGet(out var signedIn, out var error)
        ? Results.Text(JsonFormatter.Default.Format(signedIn.Tokens!.ToMessage()), "application/json")
        : error.ToProblem();

    /// <summary>The reason only: what else there is to say stands in the audit record.</summary>
    private static IResult SendOn(string returnTo, Result<SignedIn> result) => Results.Redirect(
        result.TryGet(out var signedIn, out var error)
            ? QueryHelpers.AddQueryString(returnTo, "code", signedIn.Code!)
            : QueryHelpers.AddQueryString(returnTo, "error", error.Reason));

    private static bool TryRead(HttpContext context, string name, out string? value)
    {
        var values = context.Request.Query[name];
        value = values is [{ Length: > 0 } only] ? only : null;
        return values.Count <= 1;
    }

    private static IResult Twice(string name) => new InvalidField(name, "must not stand there more than once").ToProblem();
}
