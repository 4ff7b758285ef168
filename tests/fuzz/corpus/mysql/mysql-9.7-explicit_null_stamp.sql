CREATE TABLE `explicit_null_stamp` (
  `a` timestamp NULL DEFAULT CURRENT_TIMESTAMP,
  `b` datetime DEFAULT ((now() + interval 1 day))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci