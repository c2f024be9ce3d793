using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Grpc.Net.ClientFactory.Internal;

internal static class InterceptorChain
{
    /// <summary>Puts the interceptors of one scope around an invoker, the first registered outermost.</summary>
    public static CallInvoker Build(CallInvoker invoker, GrpcClientFactoryOptions options, InterceptorScope scope, IServiceProvider services)
    {
        Interceptor[] interceptors =
        [
            .. options.InterceptorRegistrations.Where(registration => registration.Scope == scope).Select(registration => registration.Creator(services)),
        ];
        return interceptors.Length == 0 ? invoker : invoker.Intercept(interceptors);
    }
}
