CREATE TABLE `inet_uuid` (
  `a` inet6 DEFAULT '::1',
  `b` uuid DEFAULT NULL,
  `c` inet4 DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci