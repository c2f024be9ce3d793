using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Authentication.JwtBearer;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Failed to validate the token.")]
    public static partial void TokenRefused(ILogger logger, Exception exception);

    [LoggerMessage(3, LogLevel.Error, "Exception occurred while processing message.")]
    public static partial void ProcessingFailed(ILogger logger, Exception exception);

    [LoggerMessage(4, LogLevel.Error, "The scheme '{Scheme}' has no token handler, so every token is refused: add one to JwtBearerOptions.TokenHandlers.")]
    public static partial void NoTokenHandler(ILogger logger, string scheme);
}
